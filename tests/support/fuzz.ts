/**
 * How much the tests with random input try: little by default, more with `HARNEX_FUZZ_RUNS`. A failure prints its
 * seed; `FC_SEED` runs that again.
 */

import type fc from "fast-check";

export function fuzz(usualRuns: number): fc.Parameters<unknown> {
  const runs = Number(Deno.env.get("HARNEX_FUZZ_RUNS") ?? "");
  const seed = Deno.env.get("FC_SEED");
  return {
    numRuns: Number.isSafeInteger(runs) && runs > 0 ? runs : usualRuns,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  };
}
