/**
 * For what nobody announces, such as a process that is gone or a port that is closed: looks until it is so.
 */

const STEP_MS = 20;

/** The first answer of `look` that is not undefined; an error that names `what` when there is none within `ms`. */
export async function until<T>(
  ms: number,
  look: () => T | undefined | Promise<T | undefined>,
  what: string,
): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const answer = await look();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`${what} did not come about within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}
