/** Runs pieces of work one after the other, in the order in which they were asked for. */

/** A queue of one: a piece of work that fails holds up none of those after it. */
export function createOneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
