/**
 * Babysits one session from outside: sees stalls, says `resume`, gives up in the end. The session does not notice
 * when its watcher leaves. What a turn's own signal has settled is no stall.
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
  /** says what went wrong, apart from the lines that scripts read */
  complain: (trouble: string) => void;
}

/** This many failed readings in a row end the watch. */
const FAILURE_LIMIT = 3;
/** A host that does not answer for so long counts as one failed reading; a forced send takes longer than a look. */
const STATUS_MS = 5_000;
const SEND_MS = 30_000;
const ESCALATED_CODE = 2;

type Outcome = "exited" | "escalated" | "error";
const CODES: Readonly<Record<Outcome, number>> = { exited: 0, escalated: ESCALATED_CODE, error: 1 };

/**
 * Watches until the session has ended, the watcher has given up, or the session cannot be read. Gives the exit code.
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
  const tell = (report: WatchReport) => call(store, client, { path: "/watch", body: report, limitMs: STATUS_MS });
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
    // A transcript without a first byte is no stall, as the established tool has it.
    const isIdle = typeof idle === "number" && idle * 1000 >= options.stallAfterMs;
    if (!isIdle || happenings.isSettled(watched.state)) {
      if (stalled && !isIdle) await tell({ type: "log_active" });
      stalled = stalled && isIdle;
      continue;
    }
    if (!stalled) await tell({ type: "log_idle", idle_s: idle });
    stalled = true;
    if (watched.resumes >= options.maxResumes) return { ...watched, outcome: "escalated" };
    watched.resumes++;
    options.say(
      `resume ${watched.resumes}/${options.maxResumes} (idle=${span(idle * 1000)}, state=${watched.state})`,
    );
    await tell({ type: "resume", attempt: watched.resumes, max: options.maxResumes });
    const body = { text: "resume", submit: true, enter_only: false, force: true };
    await call(store, client, { path: "/send", body, limitMs: SEND_MS });
  }
  return watched;
}

/** The answer's body, or why there is none in time. */
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

/** What the agent's own signals have settled; each is told once. */
interface Happenings {
  noteEvent(event: ReadEvent): void;
  noteStatus(status: JsonObject): void;
  /** Whether an agent in this state waits for somebody else, and so does not stall. */
  isSettled(state: string): boolean;
}

function createHappenings(say: (text: string) => void): Happenings {
  let completedBy: string | undefined;
  let toldTurn = false;
  let toldBlock = "";
  return {
    noteEvent({ type, source }) {
      if (type === "turn_started") completedBy = undefined;
      // What only the screen shows may be the very thing that stalled.
      if (type === "task_complete" && source !== "screen") {
        completedBy = String(source);
        toldTurn = false;
      }
    },
    noteStatus({ agent_state, blocked }) {
      const question = typeof blocked === "object" && blocked !== null ? { ...blocked } : {};
      const block = agent_state === "blocked" ? JSON.stringify(question) : "";
      if (block !== "" && block !== toldBlock) {
        const [on, detail] = ["on" in question ? question.on : "", "detail" in question ? question.detail : ""];
        say(`blocked on ${on}: ${detail}`);
      }
      toldBlock = block;
      if (agent_state === "prompt" && completedBy !== undefined && !toldTurn) {
        say(`turn completed, waiting at its prompt (source=${completedBy})`);
        toldTurn = true;
      }
    },
    // An agent that has just exited is silent too, until the session's account is written.
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
