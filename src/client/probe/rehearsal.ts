/** One session of a probe, driven as `run`, `send`, `answer` and `stop` drive it, and what it has reported so far. */

import { HarnexError } from "../../model/errors.ts";
import type { ReadEvent } from "../../model/events.ts";
import { markerOf } from "../../model/marker.ts";
import type { ApprovalPolicy } from "../../model/session.ts";
import type { Trial } from "../../model/trial.ts";
import { createDeadline, untilTrue } from "../../platform/waiting.ts";
import { textOf } from "../../text/json.ts";
import { answerQuestion } from "../answer.ts";
import { followEvents } from "../follow.ts";
import { launchHost } from "../launch.ts";
import { sendMessage } from "../send.ts";
import { addressOf, createSessionClient } from "../session_client.ts";
import { stopSession } from "../stop.ts";
import { findEnd, type FoundSession, type Store, type Wanted } from "../store.ts";
import { waitFor, type WaitOutcome } from "../wait.ts";
import type { Room } from "./stage.ts";

/** Agents start in 1 to 3 s; a loaded machine may need several times that. */
const START_MS = 20_000;
const BOOT_MS = 20_000;
/** The mock answers at once, so a turn takes less than a second. */
export const TURN_MS = 15_000;
const STOP_MS = 20_000;
/** After a failed check: how long the session may take to be ready for the next one. */
const SETTLE_MS = 3_000;
/** How long the processes of a stopped session may take to vanish. */
const VANISH_MS = 3_000;
const LOOK_MS = 50;
const PORT_BASE = 43_000;
const PORT_SPAN = 4_000;

export interface RehearsalOptions {
  cli: string;
  trial: Trial;
  approvals: ApprovalPolicy;
  trust: boolean;
}

export interface Rehearsal {
  readonly approvals: ApprovalPolicy;
  /** all events so far */
  readonly events: readonly ReadEvent[];
  readonly room: Room;
  /** The first event after `from` that passes; throws what is missing, named by `what`. */
  event(what: string, test: (event: ReadEvent) => boolean, from?: number): Promise<ReadEvent>;
  /** Throws if the session does not reach the state in time. */
  reach(state: "prompt" | "busy"): Promise<void>;
  /** Whether the session is at its prompt soon, so that the next check can begin. */
  settles(): Promise<boolean>;
  /** Sends a message, waits until the agent has taken it; gives its id and the evidence. */
  send(text: string): Promise<{ messageId: string; evidence: string | undefined }>;
  answer(answer: Parameters<typeof answerQuestion>[1]["answer"]): Promise<void>;
  /** Stops the session, waits for its end; gives the reason of its end, and what is left of it. */
  stop(): Promise<{ reason: string; left: readonly string[] }>;
  /** The screen as text; undefined if the session does not answer. */
  screen(): Promise<string | undefined>;
}

export async function startRehearsal(
  store: Store,
  room: Room,
  { cli, trial, approvals, trust }: RehearsalOptions,
): Promise<Rehearsal> {
  const { platform } = store;
  const session = await launchHost(store, {
    id: room.name,
    cli,
    args: [...trial.args],
    cwd: room.project,
    repoRoot: room.project,
    mode: "headless",
    env: room.env,
    host: "127.0.0.1",
    portBase: PORT_BASE,
    portSpan: PORT_SPAN,
    autoStop: false,
    inboxTtlMs: BOOT_MS,
    legacyPty: false,
    approvals,
    trust,
  }, { timeoutMs: START_MS, window: room.name });
  const feed = await followFeed(store, session);
  const wanted = { id: room.name, repoRoot: room.project };
  return {
    approvals,
    room,
    events: feed.events,
    event: feed.event,
    async reach(state) {
      const { code, answer } = await waitForState(store, { wanted, state, limitMs: BOOT_MS });
      if (code === 0) return;
      throw new HarnexError("failed", `the session did not reach ${state}, but is ${answer["state"] ?? "gone"}`);
    },
    async settles() {
      return (await waitForState(store, { wanted, state: "prompt", limitMs: SETTLE_MS })).code === 0;
    },
    send: (text) => send(store, { wanted, text, feed }),
    answer: async (answer) => void await answerQuestion({ store, session }, { answer, message: undefined }),
    async stop() {
      const request = { graceMs: undefined, timeoutMs: STOP_MS, until: "exited" } as const;
      const { answer } = await stopSession({ store, session }, request);
      await feed.ended;
      const reason = answer["reason"] ?? (await findEnd(store, session))?.reason ?? "unknown";
      return { reason: String(reason), left: await listLeft(store, session, room) };
    },
    async screen() {
      using deadline = createDeadline(platform, TURN_MS);
      const client = createSessionClient(addressOf(session.record));
      return await client.text("/screen?format=text", deadline.signal).catch(() => undefined);
    },
  };
}

async function waitForState(
  store: Store,
  { wanted, state, limitMs }: { wanted: Wanted; state: string; limitMs: number },
): Promise<WaitOutcome> {
  using deadline = createDeadline(store.platform, limitMs);
  return await waitFor(store, { wanted, until: state, from: undefined, deadline });
}

async function send(store: Store, { wanted, text, feed }: { wanted: Wanted; text: string; feed: Feed }) {
  const { code, answer } = await sendMessage(store, {
    wanted,
    text,
    mode: "submit",
    force: false,
    wait: "delivered",
    budgetMs: TURN_MS,
  });
  if (code !== 0) throw new HarnexError("failed", `not delivered: ${answer["error"] ?? answer["status"]}`);
  const messageId = String(answer["message_id"]);
  const isTaken = ({ type, message_id }: ReadEvent) => type === "send" && message_id === messageId;
  const taken = await feed.event("the delivery", isTaken);
  return { messageId, evidence: textOf(taken["evidence"]) };
}

/** What is left of a session that has ended. */
async function listLeft(store: Store, session: FoundSession, room: Room): Promise<string[]> {
  const { platform: { processes, clock }, registry } = store;
  const marker = markerOf(session.record.session_id);
  const running = async () => {
    const marked = (await processes.findByEnvironment(marker)).map(({ pid }) => pid);
    return [...new Set([...marked, ...await room.remaining()])];
  };
  await untilTrue(async () => (await running()).length === 0, { clock, everyMs: LOOK_MS, limitMs: VANISH_MS });
  const left = (await running()).map((pid) => `process ${pid}`);
  if ((await registry.find(session.name)) !== undefined) left.push("its record");
  if (!(await isFree(store, session.record.port))) left.push(`port ${session.record.port}`);
  return left;
}

/** Whether nothing listens at the port any more. */
async function isFree({ platform }: Store, port: number): Promise<boolean> {
  try {
    const server = platform.serve({ hostname: "127.0.0.1", port, handle: () => Promise.resolve(new Response()) });
    await server[Symbol.asyncDispose]();
    return true;
  } catch (error) {
    if (error instanceof HarnexError && error.code === "conflict") return false;
    throw error;
  }
}

interface Feed {
  readonly events: readonly ReadEvent[];
  /** resolves when the session has ended and its last event is there */
  readonly ended: Promise<void>;
  event: Rehearsal["event"];
}

/** Keeps the session's events from its first one on. */
async function followFeed({ platform }: Store, session: Parameters<typeof followEvents>[0]): Promise<Feed> {
  const events: ReadEvent[] = [];
  const watchers = new Set<() => void>();
  const notify = () => [...watchers].forEach((look) => look());
  let isOver = false;
  const stream = await followEvents(session, 1, new AbortController().signal);
  const ended = (async () => {
    for await (const event of stream) {
      events.push(event);
      notify();
    }
  })().catch(() => undefined).finally(() => {
    isOver = true;
    notify();
  });

  async function event(what: string, test: (event: ReadEvent) => boolean, from = 0): Promise<ReadEvent> {
    using deadline = createDeadline(platform, TURN_MS);
    const found = await new Promise<ReadEvent | undefined>((resolve) => {
      const look = () => {
        const first = events.slice(from).find(test);
        if (first === undefined && !isOver && !deadline.signal.aborted) return;
        watchers.delete(look);
        resolve(first);
      };
      watchers.add(look);
      deadline.signal.addEventListener("abort", look, { once: true });
      look();
    });
    if (found !== undefined) return found;
    const why = isOver ? "the session ended without it" : `none within ${TURN_MS / 1000} s`;
    throw new HarnexError("failed", `${what}: ${why}`);
  }
  return { events, ended, event };
}
