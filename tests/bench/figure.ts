/**
 * What a benchmark hands back, and how a list of it is printed.
 */

export interface Target {
  kind: "at most" | "at least";
  value: number;
}

export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** a figure without one is there to explain another */
  target?: Target;
  /** what the value was made of */
  note?: string;
}

/** Undefined for a figure that has no target. */
export function isMet({ value, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  return target.kind === "at most" ? value <= target.value : value >= target.value;
}

export function rounded(value: number): number {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number(value.toFixed(digits));
}

export function atMost(value: number): { target: Target } {
  return { target: { kind: "at most", value } };
}

export function atLeast(value: number): { target: Target } {
  return { target: { kind: "at least", value } };
}

export function renderTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, value, unit, target, note } = figure;
    const wanted = target === undefined ? "" : `${target.kind === "at most" ? "≤" : "≥"} ${target.value}`;
    const met = isMet(figure);
    return [name, `${rounded(value)} ${unit}`, wanted, met === undefined ? "" : met ? "met" : "NOT MET", note ?? ""];
  });
  const all = [["figure", "value", "target", "", "made of"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()).join("\n");
}
