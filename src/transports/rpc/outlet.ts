/**
 * Where the words of a JSON-RPC agent go: observations to the session, and text to the transcript, which stands for
 * the agent's screen.
 */

import type { Signal } from "../../model/signal.ts";
import type { Clock } from "../../platform/platform.ts";
import { createObservationQueue, type ObservationQueue } from "../observation_queue.ts";

export interface RpcOutlet extends Pick<ObservationQueue, "observations" | "room" | "end"> {
  observe(signal: Signal, source?: "rpc" | "process"): void;
  /** Appends to the transcript; "" does nothing. */
  write(text: string): void;
}

export function createRpcOutlet(deps: { clock: Clock; output: (bytes: Uint8Array) => void }): RpcOutlet {
  const { observations, push, room, end } = createObservationQueue();
  const encoder = new TextEncoder();
  return {
    observations,
    room,
    end,
    observe: (signal, source = "rpc") => push({ signal, source, at: deps.clock.monotonic() }),
    write(text) {
      if (text !== "") deps.output(encoder.encode(text));
    },
  };
}
