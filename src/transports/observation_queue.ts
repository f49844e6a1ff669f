/**
 * Observations on their way from a transport to the session: in order, for one consumer, none dropped. The bound is
 * that the transport stops reading the agent's output while too many wait.
 */

import type { Observation } from "../model/signal.ts";

/** Observations that may wait for the session. Past this the agent's output is not read, and its pipe holds it up. */
const MAX_WAITING = 1024;

export interface ObservationQueue {
  readonly observations: AsyncIterable<Observation>;
  push(observation: Observation): void;
  /** Resolves when the consumer has caught up enough, or the queue has ended. */
  room(): Promise<void>;
  /** Queued observations are still delivered; later ones are ignored. */
  end(): void;
}

export function createObservationQueue(maxWaiting: number = MAX_WAITING): ObservationQueue {
  const waiting: Observation[] = [];
  let ended = false;
  let wakeConsumer: (() => void) | undefined;
  let wakeProducers: (() => void)[] = [];

  function letProducersGo(): void {
    const wake = wakeProducers;
    wakeProducers = [];
    for (const go of wake) go();
  }

  async function* consume(): AsyncGenerator<Observation> {
    try {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) {
          if (waiting.length < maxWaiting) letProducersGo();
          yield next;
        } else if (ended) return;
        else {
          await new Promise<void>((resolve) => wakeConsumer = resolve);
          wakeConsumer = undefined;
        }
      }
    } finally {
      // A consumer that has stopped reading must not hold the agent up for ever.
      end();
    }
  }

  function end(): void {
    ended = true;
    wakeConsumer?.();
    letProducersGo();
  }

  return {
    observations: { [Symbol.asyncIterator]: consume },
    push(observation) {
      if (ended) return;
      waiting.push(observation);
      wakeConsumer?.();
    },
    room() {
      if (ended || waiting.length < maxWaiting) return Promise.resolve();
      return new Promise((resolve) => wakeProducers.push(resolve));
    },
    end,
  };
}
