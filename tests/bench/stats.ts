/**
 * Numbers out of repeated measurements on a machine that does other things too.
 */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

export function spread(values: readonly number[], unit: string): string {
  const show = (value: number) => value.toFixed(1);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${values.length} runs, min ${show(least)}, median ${show(median(values))}, max ${show(most)} ${unit}`;
}

/** Runs every candidate once a round, in an order that rotates, so that a slow minute slows all of them. */
export async function alternate<Name extends string>(
  candidates: Readonly<Record<Name, () => Promise<number>>>,
  rounds: number,
): Promise<(name: Name) => number[]> {
  const entries = Object.entries<() => Promise<number>>(candidates);
  const times = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (let index = 0; index < entries.length; index++) {
      const [name, measure] = entries[(index + Math.max(0, round)) % entries.length] ?? [];
      if (name === undefined || measure === undefined) continue;
      const took = await measure();
      if (round >= 0) times.get(name)?.push(took); // the first round only warms up
    }
  }
  return (name) => times.get(name) ?? [];
}
