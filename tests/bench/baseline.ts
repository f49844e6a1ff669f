/**
 * The ratios that were measured when they were last looked at, `baseline.json`, and what counts as a regression.
 * Only ratios to a program that ran beside are comparable between machines.
 */

import type { Figure } from "./figure.ts";

/** Noise of a busy machine with two cores stays below this, with one more try. */
const WORSE = 1.25;
const UNIT = "× hello";
const PATH = new URL("baseline.json", import.meta.url);

export type Baseline = Readonly<Record<string, number>>;

export function readBaseline(): Baseline {
  const { ratios }: { ratios: Baseline } = JSON.parse(Deno.readTextFileSync(PATH));
  return ratios;
}

export function writeBaseline(figures: readonly Figure[]): void {
  const ratios = Object.fromEntries(ratiosIn(figures).map(({ name, value }) => [name, Number(value.toFixed(2))]));
  Deno.writeTextFileSync(PATH, `${JSON.stringify({ schema: 1, unit: UNIT, ratios }, null, 2)}\n`);
}

export interface Comparison {
  name: string;
  value: number;
  baseline: number | undefined;
  isWorse: boolean;
}

/** Each ratio beside its baseline; one that is missing on either side is a regression of the check itself. */
export function compare(figures: readonly Figure[], baseline: Baseline): Comparison[] {
  const measured = new Map(ratiosIn(figures).map(({ name, value }) => [name, value]));
  const names = new Set([...Object.keys(baseline), ...measured.keys()]);
  return [...names].map((name) => {
    const [value = NaN, known] = [measured.get(name), baseline[name]];
    return { name, value, baseline: known, isWorse: !(known !== undefined && value <= known * WORSE) };
  });
}

function ratiosIn(figures: readonly Figure[]): Figure[] {
  return figures.filter(({ unit }) => unit === UNIT);
}
