/** Formats times and durations. */

/** Local time with offset, whole seconds: `2026-11-22T23:14:05+01:00`, as records and payloads have it. */
export function localIso(ms: number): string {
  const date = new Date(ms);
  const offset = -date.getTimezoneOffset();
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, 19);
  const sign = offset < 0 ? "-" : "+";
  const two = (value: number) => String(value).padStart(2, "0");
  return `${local}${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
}

/** Seconds with one digit, as the established tool prints them: `120.0`. */
export function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
