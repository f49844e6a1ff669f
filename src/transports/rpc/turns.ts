/**
 * Which turn of a JSON-RPC agent runs now. The reply that names a turn and the notifications about it may come in
 * any order; this module gives the same answer for each.
 */

/** A reply may name a turn that is over already; only recent ones can. */
const ENDED_TURNS_REMEMBERED = 64;

export type TurnState = { kind: "idle" } | { kind: "starting" } | { kind: "active"; turnId: string };

export interface TurnTracker {
  state(): TurnState;
  /** A request that starts a turn is about to be written. */
  requested(): void;
  /** The reply named its turn (undefined: there will be none). */
  replied(turnId: string | undefined): void;
  started(turnId: string): void;
  ended(turnId: string): void;
  /** The agent is gone, and its turn with it. */
  lost(): void;
  /** Resolves at the next change of state. */
  changed(): Promise<void>;
}

export function createTurnTracker(): TurnTracker {
  let state: TurnState = { kind: "idle" };
  const endedTurns = new Set<string>();
  let waiters: (() => void)[] = [];

  function move(next: TurnState): void {
    state = next;
    const wake = waiters;
    waiters = [];
    for (const go of wake) go();
  }

  return {
    state: () => state,
    requested() {
      if (state.kind === "idle") move({ kind: "starting" });
    },
    replied(turnId) {
      if (turnId !== undefined && !endedTurns.has(turnId)) move({ kind: "active", turnId });
      else if (state.kind === "starting") move({ kind: "idle" });
    },
    started(turnId) {
      if (!endedTurns.has(turnId)) move({ kind: "active", turnId });
    },
    ended(turnId) {
      endedTurns.add(turnId);
      for (const oldest of endedTurns) {
        if (endedTurns.size <= ENDED_TURNS_REMEMBERED) break;
        endedTurns.delete(oldest);
      }
      if (state.kind === "active" && state.turnId === turnId) move({ kind: "idle" });
    },
    lost: () => move({ kind: "idle" }),
    changed: () => new Promise((resolve) => waiters.push(resolve)),
  };
}
