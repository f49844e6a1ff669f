/**
 * How tables show a time span, a point in time, a repository and a description: short and relative on a terminal,
 * exact or in the established form for programs. Pure.
 */

const REPO_TAIL = 18;
const DESCRIPTION_LIMIT = 27;

/** What the form of a cell depends on. */
export interface Look {
  readonly isTerminal: boolean;
  readonly now: number;
  readonly home: string | undefined;
}

/** Whole seconds, minutes, hours or days. */
export function age(inSeconds: number): string {
  const whole = Math.max(0, Math.floor(inSeconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)}h`;
  return `${Math.floor(whole / 86_400)}d`;
}

/** `3m ago` on a terminal; otherwise the time in the form of `exact`. */
export function when(time: unknown, look: Look, exact: (time: string) => string = (time) => time): string {
  if (typeof time !== "string" || Number.isNaN(Date.parse(time))) return "-";
  return look.isTerminal ? `${age((look.now - Date.parse(time)) / 1000)} ago` : exact(time);
}

/** The home directory as `~`. On a terminal the table cuts a long path; otherwise the path's end is kept. */
export function shortRepo(path: string, { home, isTerminal }: Look): string {
  const short = home !== undefined && home !== "" && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
  return !isTerminal && short.length > REPO_TAIL + 2 ? `..${short.slice(-REPO_TAIL)}` : short;
}

export function shortDescription(description: unknown, { isTerminal }: Look): string {
  if (typeof description !== "string" || description === "") return "-";
  if (isTerminal || description.length <= DESCRIPTION_LIMIT + 3) return description;
  return `${description.slice(0, DESCRIPTION_LIMIT)}...`;
}
