/**
 * Which turn of a JSON-RPC agent runs now. The reply that names a turn and the notifications about it may come in
 * any order; the tracker gives the same answer for each. Agents that do not name their turns have none with an id.
 */

/** A reply may name a turn that is over already; only recent ones can. */
const ENDED_TURNS_REMEMBERED = 64;

export type TurnState = { kind: "idle" } | { kind: "starting" } | { kind: "active"; turnId?: string };

export interface TurnTracker {
  state(): TurnState;
  /** A request that starts a turn is about to be written. */
  requested(): void;
  /** The reply named its turn. Undefined: it named none, or the request failed. */
  replied(turnId: string | undefined): void;
  started(turnId: string | undefined): void;
  ended(turnId: string | undefined): void;
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
      if (turnId === undefined) move({ kind: "active" });
      else if (!endedTurns.has(turnId)) move({ kind: "active", turnId });
    },
    ended(turnId) {
      if (turnId !== undefined) remember(endedTurns, turnId);
      if (state.kind === "active" && state.turnId === turnId) move({ kind: "idle" });
    },
    lost: () => move({ kind: "idle" }),
    changed: () => new Promise((resolve) => waiters.push(resolve)),
  };
}

function remember(ended: Set<string>, turnId: string): void {
  ended.add(turnId);
  for (const oldest of ended) {
    if (ended.size <= ENDED_TURNS_REMEMBERED) break;
    ended.delete(oldest);
  }
}
