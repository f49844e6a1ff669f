/**
 * Watches one session from outside: detects stalls, sends `resume`, gives up in the end. The session goes on when its
 * watcher exits. An agent whose own signal has settled its turn is not stalled.
 */

import { HarnexError } from "../model/errors.ts";
import type { ReadEvent } from "../model/events.ts";
import type { WatchReport } from "../model/signal.ts";
import { seconds } from "../model/time.ts";
import type { JsonObject } from "../text/json.ts";
import { createDeadline } from "../platform/waiting.ts";
import { awaitEnd, followEvents } from "./follow.ts";
import { addressOf, createSessionClient, type SessionClient } from "./session_client.ts";
import type { FoundSession, Store } from "./store.ts";

export interface WatchOptions {
  stallAfterMs: number;
  maxResumes: number;
  intervalMs: number;
  /** prints one line at once */
  say: (text: string) => void;
  /** reports a problem, apart from the lines that scripts read */
  complain: (trouble: string) => void;
}

/** So many failed readings in a row end the watch. */
const FAILURE_LIMIT = 3;
/** A host that does not answer in this time counts as one failed reading; a forced send takes longer than that. */
const STATUS_MS = 5_000;
const SEND_MS = 30_000;
const ESCALATED_CODE = 2;

type Outcome = "exited" | "escalated" | "error";
const CODES: Readonly<Record<Outcome, number>> = { exited: 0, escalated: ESCALATED_CODE, error: 1 };

/**
 * Watches until the session has ended, the watcher gives up, or the session cannot be read. Gives the exit code.
 */
export async function watchSession(store: Store, session: FoundSession, options: WatchOptions): Promise<number> {
  const { clock } = store.platform;
  const { say, stallAfterMs, maxResumes, intervalMs } = options;
  const { id } = session.record;
  const startedAt = clock.monotonic();
  say(
    `id=${id} stall-after=${span(stallAfterMs)} max-resumes=${maxResumes} poll=${span(intervalMs)}`,
  );
  const over = new AbortController();
  const ended = new AbortController();
  const end = awaitEnd(store, session, over.signal).then((record) => {
    if (record !== undefined) ended.abort();
  });
  const happenings = createHappenings(say);
  const reading = followTurns(session, happenings, over.signal);
  const watched = await look(store, session, { options, happenings, ended: ended.signal });
  over.abort();
  await Promise.all([end, reading]);
  if (watched.outcome === "exited") say("session exited");
  if (watched.outcome === "escalated") say("max resumes reached, escalating");
  const state = watched.outcome === "exited" ? "exited" : watched.state;
  say(
    `summary id=${id} polls=${watched.polls} resumes=${watched.resumes} final_state=${state} ` +
      `outcome=${watched.outcome} elapsed_s=${seconds(clock.monotonic() - startedAt).toFixed(1)}`,
  );
  return CODES[watched.outcome];
}

interface Watched {
  outcome: Outcome;
  polls: number;
  resumes: number;
  state: string;
}

/** Looks at the session every `intervalMs`, at once for the first time. */
async function look(
  store: Store,
  session: FoundSession,
  { options, happenings, ended }: { options: WatchOptions; happenings: Happenings; ended: AbortSignal },
): Promise<Watched> {
  const { clock } = store.platform;
  const client = createSessionClient(addressOf(session.record));
  const watched: Watched = { outcome: "exited", polls: 0, resumes: 0, state: "unknown" };
  const report = (body: WatchReport) => call(store, client, { path: "/watch", body, limitMs: STATUS_MS });
  let failures = 0;
  let stalled = false;
  for (; !ended.aborted; await clock.sleep(options.intervalMs, ended)) {
    watched.polls++;
    const { body: status, trouble } = await call(store, client, { path: "/status", limitMs: STATUS_MS });
    if (status === undefined) {
      if (ended.aborted) break;
      if (++failures < FAILURE_LIMIT) continue;
      options.complain(`${session.record.id} could not be read ${FAILURE_LIMIT} times in a row: ${trouble}`);
      return { ...watched, outcome: "error" };
    }
    failures = 0;
    watched.state = String(status["agent_state"]);
    happenings.noteStatus(status);
    const idle = status["log_idle_s"];
    // An empty transcript is no stall, as in the established tool.
    const isIdle = typeof idle === "number" && idle * 1000 >= options.stallAfterMs;
    if (!isIdle || happenings.isSettled(watched.state)) {
      if (stalled && !isIdle) await report({ type: "log_active" });
      stalled = stalled && isIdle;
      continue;
    }
    if (!stalled) await report({ type: "log_idle", idle_s: idle });
    stalled = true;
    if (watched.resumes >= options.maxResumes) return { ...watched, outcome: "escalated" };
    watched.resumes++;
    options.say(
      `resume ${watched.resumes}/${options.maxResumes} (idle=${span(idle * 1000)}, state=${watched.state})`,
    );
    await report({ type: "resume", attempt: watched.resumes, max: options.maxResumes });
    const body = { text: "resume", submit: true, enter_only: false, force: true };
    await call(store, client, { path: "/send", body, limitMs: SEND_MS });
  }
  return watched;
}

/** The body of the answer, or why there is none. */
async function call(
  store: Store,
  client: SessionClient,
  { path, body, limitMs }: { path: string; body?: object; limitMs: number },
): Promise<{ body: JsonObject; trouble?: never } | { body?: never; trouble: string }> {
  using deadline = createDeadline(store.platform, limitMs);
  try {
    const { signal } = deadline;
    const answer = await client.call(body === undefined ? "GET" : "POST", path, { ...(body && { body }), signal });
    return answer.status < 500 ? { body: answer.body } : { trouble: `it answered ${answer.status}` };
  } catch (error) {
    if (error instanceof HarnexError) return { trouble: error.message };
    throw error;
  }
}

/** What the agent's own signals have settled; each is printed once. */
interface Happenings {
  noteEvent(event: ReadEvent): void;
  noteStatus(status: JsonObject): void;
  /** Whether an agent in this state waits for input, and so is not stalled. */
  isSettled(state: string): boolean;
}

function createHappenings(say: (text: string) => void): Happenings {
  let completedBy: string | undefined;
  let isTurnPrinted = false;
  let printedBlock = "";
  return {
    noteEvent({ type, source }) {
      if (type === "turn_started") completedBy = undefined;
      // A completion that only the screen shows may be the stall itself.
      if (type === "task_complete" && source !== "screen") {
        completedBy = String(source);
        isTurnPrinted = false;
      }
    },
    noteStatus({ agent_state, blocked }) {
      const question = typeof blocked === "object" && blocked !== null ? { ...blocked } : {};
      const block = agent_state === "blocked" ? JSON.stringify(question) : "";
      if (block !== "" && block !== printedBlock) {
        const [on, detail] = ["on" in question ? question.on : "", "detail" in question ? question.detail : ""];
        say(`blocked on ${on}: ${detail}`);
      }
      printedBlock = block;
      if (agent_state === "prompt" && completedBy !== undefined && !isTurnPrinted) {
        say(`turn completed, waiting at its prompt (source=${completedBy})`);
        isTurnPrinted = true;
      }
    },
    // An agent that has just exited is silent too, until the session is finalized.
    isSettled: (state) =>
      state === "blocked" || state === "exited" || (state === "prompt" && completedBy !== undefined),
  };
}

async function followTurns(session: FoundSession, happenings: Happenings, signal: AbortSignal): Promise<void> {
  for await (const event of await followEvents(session, 1, signal)) happenings.noteEvent(event);
}

/** `30.0s`, `8.2m` or `2.0h`, as the established tool writes it. */
function span(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`;
  return ms < 3_600_000 ? `${(ms / 60_000).toFixed(1)}m` : `${(ms / 3_600_000).toFixed(1)}h`;
}
