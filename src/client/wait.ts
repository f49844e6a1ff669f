/**
 * Waits for one session: for its end, for the end of a turn, for a state. Past events of the running session count
 * unless told otherwise; events of an older run of the id never do.
 */

import { HarnexError } from "../model/errors.ts";
import type { ReadEvent } from "../model/events.ts";
import type { ExitRecord } from "../model/session.ts";
import { seconds } from "../model/time.ts";
import { readLastRun } from "../store/event_log.ts";
import { sessionName } from "../store/paths.ts";
import type { Deadline } from "../platform/waiting.ts";
import { awaitEnd, awaitGone, followEvents, LIVE_ONLY } from "./follow.ts";
import { addressOf, createSessionClient } from "./session_client.ts";
import { findEnd, findSession, type FoundSession, noSession, type Store, type Wanted } from "./store.ts";

/** What a wait prints, and its exit code. */
export interface WaitOutcome {
  answer: Readonly<Record<string, unknown>>;
  code: number;
  /** why nothing can come of it: there is no such session */
  unknown?: HarnexError;
}

export interface WaitOptions {
  wanted: Wanted;
  /** undefined: until the session ends; else an event type, `done`, or a state */
  until: string | undefined;
  /** the first event that counts; undefined: all of this run */
  from: number | undefined;
  deadline: Deadline;
  /** told what it begins to wait for, in the established words */
  tell?: (what: string) => void;
}

const TIMEOUT_CODE = 124;
const NO_SESSION_CODE = 3;
const TURN_ENDS: Readonly<Record<string, readonly string[]>> = {
  task_complete: ["task_complete"],
  task_failed: ["task_failed"],
  done: ["task_complete", "task_failed"],
};

export async function waitFor(store: Store, options: WaitOptions): Promise<WaitOutcome> {
  const { clock } = store.platform;
  const startedAt = clock.monotonic();
  const waited = () => ({ waited_seconds: seconds(clock.monotonic() - startedAt) });
  const { wanted, until, deadline } = options;
  const { id } = wanted;

  const session = await findSession(store, wanted);
  const live = session !== undefined && (await findEnd(store, session)) === undefined;
  const past = live ? undefined : await findPast(store, wanted, session);
  if (!live && past === undefined) {
    const unknown = noSession(wanted);
    const code = until === "done" ? NO_SESSION_CODE : 1;
    return { answer: { ok: false, id, status: "not_found", error: unknown.message }, code, unknown };
  }
  /** as last heard, where a state is waited for */
  let state: string | undefined;
  const timedOut = (): WaitOutcome => ({
    answer: {
      ok: false,
      id,
      ...(state === undefined ? {} : { state }),
      status: "timeout",
      ...(session === undefined ? {} : { pid: session.record.pid }),
      ...waited(),
    },
    code: TIMEOUT_CODE,
  });

  if (until === undefined) {
    if (live) options.tell?.(`watching session ${id} (pid ${session.record.pid})`);
    const end = past ?? (session && await awaitEnd(store, session, deadline.signal));
    return end === undefined ? timedOut() : { answer: { ...end }, code: codeOf(end) };
  }

  const types = TURN_ENDS[until];
  const settledBy = (event: ReadEvent): WaitOutcome | undefined => {
    if (types !== undefined && types.includes(event.type)) {
      const ok = event.type === "task_complete" || until === "task_failed";
      return { answer: { ok, id, event: event.type, seq: event.seq, ...waited() }, code: ok ? 0 : 1 };
    }
    if (types === undefined && event.type === "state") state = String(event["to"]);
    if (types === undefined && event.type === "state" && state === until) {
      return { answer: { ok: true, id, state: until, ...waited() }, code: 0 };
    }
    return undefined;
  };
  const ended = (end: ExitRecord): WaitOutcome => {
    const ok = until === "exited" || (until === "done" && end.reason === "success");
    return {
      answer: { ok, id, state: "exited", exit_code: end.exit_code, reason: end.reason, ...waited() },
      code: ok ? 0 : 1,
    };
  };

  if (past !== undefined || session === undefined) {
    const from = options.from ?? 1;
    const events = types === undefined || past === undefined ? [] : await readPastRun(store, wanted, past);
    for (const event of events) {
      const outcome = event.seq >= from ? settledBy(event) : undefined;
      if (outcome !== undefined) return outcome;
    }
    return past === undefined ? timedOut() : ended(past);
  }

  const events = await followEvents(session, types === undefined ? LIVE_ONLY : options.from ?? 1, deadline.signal);
  if (types === undefined) {
    options.tell?.(`waiting for ${id} to reach ${until}`);
    const now = await currentState(session, deadline.signal);
    state = now[0] ?? "unknown";
    if (now.includes(until)) return { answer: { ok: true, id, state: until, ...waited() }, code: 0 };
  }
  for await (const event of events) {
    const outcome = settledBy(event);
    if (outcome !== undefined) return outcome;
    // An adapter's own name of a state is in no event; it changes with the state, or with the question.
    const changed = types === undefined && (event.type === "state" || event.type === "blocked");
    if (changed && (await currentState(session, deadline.signal)).includes(until)) {
      return { answer: { ok: true, id, state: until, ...waited() }, code: 0 };
    }
  }
  const end = await awaitGone(store, session, deadline.signal);
  return end === undefined ? timedOut() : ended(end);
}

/** How an ended session of this id did end: of the stale record's session, or what the last exit record says. */
async function findPast(
  store: Store,
  wanted: Wanted,
  session: FoundSession | undefined,
): Promise<ExitRecord | undefined> {
  if (session !== undefined) return await findEnd(store, session);
  return await store.registry.findExit(sessionName(wanted.repoRoot, wanted.id));
}

async function readPastRun(store: Store, wanted: Wanted, past: ExitRecord): Promise<ReadEvent[]> {
  const path = store.paths.events(sessionName(wanted.repoRoot, wanted.id));
  const events = await readLastRun(store.platform.files, path);
  return events.filter((event) => event.session_id === past.session_id || event.session_id === "");
}

/**
 * Both names of the state, if they can be told: `busy` and the adapter's own, such as `session`. Empty when the API
 * does not answer.
 */
async function currentState(session: FoundSession, signal: AbortSignal): Promise<string[]> {
  try {
    const { body } = await createSessionClient(addressOf(session.record)).call("GET", "/status", { signal });
    const input = body["input_state"];
    const label = typeof input === "object" && input !== null && "state" in input ? input.state : undefined;
    return [body["agent_state"], label].filter((state) => typeof state === "string");
  } catch (error) {
    if (error instanceof HarnexError) return []; // it ends, or time is up: what follows tells which
    throw error;
  }
}

/** The agent's own exit code; 1 where there is none to tell. */
export function codeOf(end: ExitRecord): number {
  return end.exit_code ?? 1;
}
