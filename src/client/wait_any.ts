/** The first outcome of several waits. */

import type { WaitOutcome } from "./wait.ts";

/**
 * A wait for an unknown id cannot be the first: it is reported through `note`, and the others go on. When every id is
 * unknown, all outcomes are returned.
 */
export async function firstOutcome(
  waits: readonly Promise<WaitOutcome>[],
  note: (text: string) => void,
): Promise<readonly WaitOutcome[]> {
  const first = Promise.withResolvers<readonly WaitOutcome[]>();
  let left = waits.length;
  for (const wait of waits) {
    void wait.then((outcome) => {
      if (outcome.unknown === undefined) return first.resolve([outcome]);
      left--;
      if (left === 0) first.resolve(Promise.all(waits));
      else note(outcome.unknown.message);
    }, first.reject);
  }
  return await first.promise;
}
