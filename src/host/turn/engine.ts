/**
 * Keeps the session's state: feeds observations to `advance`, passes its events on, resolves waits for a state, and
 * weighs again when time alone would change the verdict.
 */

import type { EventBody } from "../../model/events.ts";
import type { Observation } from "../../model/signal.ts";
import type { Clock } from "../../platform/platform.ts";
import type { TurnPolicy } from "../../transports/agent_process.ts";
import { initialState, type SessionState } from "./session_state.ts";
import { advance } from "./state.ts";

export interface Engine extends Disposable {
  readonly state: SessionState;
  observe(observation: Observation): void;
  /** Resolves true when the state satisfies `test`, false after `limitMs`. */
  until(test: (state: SessionState) => boolean, limitMs: number): Promise<boolean>;
}

export function createEngine(deps: {
  clock: Clock;
  policy: TurnPolicy;
  /** called after each observation, with the events it caused */
  onAdvance: (state: SessionState, events: readonly EventBody[]) => void;
}): Engine {
  const { clock, policy } = deps;
  let state = initialState(clock.monotonic());
  let cancelTick = () => {};
  const waiting = new Set<() => void>();

  function observe(observation: Observation): void {
    const result = advance(state, observation, policy);
    state = result.state;
    cancelTick();
    cancelTick = state.recheckAt === undefined
      ? () => {}
      : clock.after(Math.max(1, state.recheckAt - clock.monotonic()), tick);
    deps.onAdvance(state, result.events);
    for (const look of [...waiting]) look();
  }

  function tick(): void {
    observe({ signal: { kind: "tick" }, source: "process", at: clock.monotonic() });
  }

  return {
    get state() {
      return state;
    },
    observe,
    until(test, limitMs) {
      if (test(state)) return Promise.resolve(true);
      return new Promise((resolve) => {
        const finish = (met: boolean) => {
          waiting.delete(look);
          cancelDeadline();
          resolve(met);
        };
        const look = () => {
          if (test(state)) finish(true);
        };
        const cancelDeadline = clock.after(limitMs, () => finish(false));
        waiting.add(look);
      });
    },
    [Symbol.dispose]: () => cancelTick(),
  };
}
