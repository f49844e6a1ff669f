/**
 * A bounded queue between one producer and one consumer: `push` never waits, the consumer iterates.
 */

export interface Channel<T> extends AsyncIterable<T> {
  /** Adds an item; false when the channel is closed. Throws RangeError past the limit: the consumer is stuck. */
  push(item: T): boolean;
  close(): void;
}

export function createChannel<T>(limit: number): Channel<T> {
  const items: T[] = [];
  let closed = false;
  let wake = Promise.withResolvers<void>();
  return {
    push(item) {
      if (closed) return false;
      if (items.length >= limit) throw new RangeError(`more than ${limit} items wait in a channel`);
      items.push(item);
      wake.resolve();
      return true;
    },
    close() {
      closed = true;
      wake.resolve();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (items.length > 0) yield* items.splice(0);
        if (closed) return;
        wake = Promise.withResolvers<void>();
        await wake.promise;
      }
    },
  };
}
