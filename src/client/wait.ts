/**
 * Waits for one session: for its end, for the end of a turn, for a state. Past events of the running session count
 * unless the caller says otherwise; events of an older run of the id never do.
 */

import { HarnexError, TIMEOUT_EXIT } from "../model/errors.ts";
import type { ReadEvent } from "../model/events.ts";
import type { ExitRecord } from "../model/session.ts";
import { seconds } from "../model/time.ts";
import type { Clock } from "../platform/platform.ts";
import { type Deadline, firstFound } from "../platform/waiting.ts";
import { readLastRun } from "../store/event_log.ts";
import { sessionName } from "../store/paths.ts";
import { awaitEnd, awaitGone, followEvents, LIVE_ONLY } from "./follow.ts";
import { addressOf, createSessionClient } from "./session_client.ts";
import { findEnd, findSession, type FoundSession, noSession, type Store, type Wanted } from "./store.ts";

/** What a wait prints, and its exit code. */
export interface WaitOutcome {
  answer: Readonly<Record<string, unknown>>;
  code: number;
  /** why the wait is pointless: there is no such session */
  unknown?: HarnexError;
}

export interface WaitOptions {
  wanted: Wanted;
  /** undefined: until the session ends; else an event type, `done`, or a state */
  until: string | undefined;
  /** the first event that counts; undefined: all of this run */
  from: number | undefined;
  deadline: Deadline;
  /** reports what the wait begins to wait for, in the established words */
  tell?: (what: string) => void;
}

const NO_SESSION_CODE = 3;
/** The events that settle a wait for a turn, by what `until` says. */
const TURN_ENDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["task_complete", ["task_complete"]],
  ["task_failed", ["task_failed"]],
  ["done", ["task_complete", "task_failed"]],
]);

export async function waitFor(store: Store, options: WaitOptions): Promise<WaitOutcome> {
  const outcomes = outcomesOf(store.platform.clock, options);
  const session = await findSession(store, options.wanted);
  const end = session === undefined ? await findLastExit(store, options.wanted) : await findEnd(store, session);
  if (end !== undefined) return await settlePast(store, end, { options, outcomes });
  if (session === undefined) return outcomes.unknown();
  const live: LiveWait = { session, options, outcomes };
  if (options.until === undefined) return await waitForEnd(store, live);
  const types = TURN_ENDS.get(options.until);
  return types === undefined ? await waitForState(store, live, options.until) : await waitForTurn(store, live, types);
}

/** A session that runs, and what is waited for. */
interface LiveWait {
  session: FoundSession;
  options: WaitOptions;
  outcomes: Outcomes;
}

async function waitForEnd(store: Store, { session, options, outcomes }: LiveWait): Promise<WaitOutcome> {
  options.tell?.(`watching session ${options.wanted.id} (pid ${session.record.pid})`);
  const end = await awaitEnd(store, session, options.deadline.signal);
  return end === undefined ? outcomes.timedOut({ session }) : outcomes.ended(end);
}

async function waitForTurn(store: Store, live: LiveWait, types: readonly string[]): Promise<WaitOutcome> {
  const { session, options, outcomes } = live;
  const events = await followEvents(session, options.from ?? 1, options.deadline.signal);
  const settled = await firstFound(events, (event) => types.includes(event.type) ? event : undefined);
  return settled === undefined ? await afterLastEvent(store, live) : outcomes.turnEnded(settled);
}

async function waitForState(store: Store, live: LiveWait, until: string): Promise<WaitOutcome> {
  const { session, options, outcomes } = live;
  const { signal } = options.deadline;
  const events = await followEvents(session, LIVE_ONLY, signal);
  options.tell?.(`waiting for ${options.wanted.id} to reach ${until}`);
  const now = await readStates(session, signal);
  if (now.includes(until)) return outcomes.reached(until);
  let lastState = now[0] ?? "unknown";
  const reached = await firstFound(events, async ({ type, to }) => {
    if (type === "state") lastState = String(to);
    if (type === "state" && lastState === until) return true;
    // An adapter's own name of a state is in no event; it changes with the state, or with the question.
    const mayHaveChanged = type === "state" || type === "blocked";
    return mayHaveChanged && (await readStates(session, signal)).includes(until) || undefined;
  });
  return reached ? outcomes.reached(until) : await afterLastEvent(store, live, lastState);
}

/** The event stream is over: the session has ended, or the time has run out. */
async function afterLastEvent(
  store: Store,
  { session, options, outcomes }: LiveWait,
  lastState?: string,
): Promise<WaitOutcome> {
  const end = await awaitGone(store, session, options.deadline.signal);
  return end === undefined ? outcomes.timedOut({ session, lastState }) : outcomes.ended(end);
}

/** What the log of a session that has ended says about a turn; else its end. */
async function settlePast(
  store: Store,
  end: ExitRecord,
  { options, outcomes }: { options: WaitOptions; outcomes: Outcomes },
): Promise<WaitOutcome> {
  const types = TURN_ENDS.get(options.until ?? "");
  const events = types === undefined ? [] : await readPastRun(store, options.wanted, end);
  const settled = events.find(({ type, seq }) => types?.includes(type) && seq >= (options.from ?? 1));
  return settled === undefined ? outcomes.ended(end) : outcomes.turnEnded(settled);
}

/** How the last session of this id ended; undefined when none did. */
async function findLastExit(store: Store, wanted: Wanted): Promise<ExitRecord | undefined> {
  return await store.registry.findExit(sessionName(wanted.repoRoot, wanted.id));
}

async function readPastRun(store: Store, wanted: Wanted, past: ExitRecord): Promise<ReadEvent[]> {
  const path = store.paths.events(sessionName(wanted.repoRoot, wanted.id));
  const events = await readLastRun(store.platform.files, path);
  return events.filter((event) => event.session_id === past.session_id || event.session_id === "");
}

/**
 * The session's state, and the adapter's own name of it, such as `busy` and `session`; empty when the API does not
 * answer.
 */
async function readStates(session: FoundSession, signal: AbortSignal): Promise<string[]> {
  try {
    const { body } = await createSessionClient(addressOf(session.record)).call("GET", "/status", { signal });
    const input = body["input_state"];
    const label = typeof input === "object" && input !== null && "state" in input ? input.state : undefined;
    return [body["agent_state"], label].filter((state) => typeof state === "string");
  } catch (error) {
    if (error instanceof HarnexError) return []; // the session ends, or the time is up: the caller finds out which
    throw error;
  }
}

/** What the wait may answer. */
interface Outcomes {
  unknown(): WaitOutcome;
  timedOut(known: { session: FoundSession; lastState?: string | undefined }): WaitOutcome;
  /** the session has ended; for a wait without `until` this is its exit record */
  ended(end: ExitRecord): WaitOutcome;
  turnEnded(event: ReadEvent): WaitOutcome;
  reached(state: string): WaitOutcome;
}

function outcomesOf(clock: Clock, { wanted, until }: WaitOptions): Outcomes {
  const { id } = wanted;
  const startedAt = clock.monotonic();
  const waited = () => ({ waited_seconds: seconds(clock.monotonic() - startedAt) });
  return {
    unknown() {
      const unknown = noSession(wanted);
      const code = until === "done" ? NO_SESSION_CODE : 1;
      return { answer: { ok: false, id, status: "not_found", error: unknown.message }, code, unknown };
    },
    timedOut({ session: { record: { pid } }, lastState }) {
      const state = lastState === undefined ? {} : { state: lastState };
      return { answer: { ok: false, id, ...state, status: "timeout", pid, ...waited() }, code: TIMEOUT_EXIT };
    },
    ended(end) {
      // The agent's own exit code; 1 when it is not known.
      if (until === undefined) return { answer: { ...end }, code: end.exit_code ?? 1 };
      const ok = until === "exited" || (until === "done" && end.reason === "success");
      const { exit_code, reason } = end;
      return { answer: { ok, id, state: "exited", exit_code, reason, ...waited() }, code: ok ? 0 : 1 };
    },
    turnEnded({ type, seq }) {
      const ok = type === "task_complete" || until === "task_failed";
      return { answer: { ok, id, event: type, seq, ...waited() }, code: ok ? 0 : 1 };
    },
    reached: (state) => ({ answer: { ok: true, id, state, ...waited() }, code: 0 }),
  };
}
