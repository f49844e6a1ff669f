/**
 * Sends one message to a session and, as far as asked, waits: for the session to appear, for the delivery, for the
 * end of the message's own turn. Everything that happened is in the answer.
 */

import { HarnexError } from "../model/errors.ts";
import type { ReadEvent } from "../model/events.ts";
import type { TakenStep } from "../model/message.ts";
import { seconds } from "../model/time.ts";
import { sessionName } from "../store/paths.ts";
import { createDeadline, type Deadline, firstFound } from "../platform/waiting.ts";
import { LIVE_ONLY } from "./follow.ts";
import {
  type Address,
  addressOf,
  type Answer,
  askUntilReached,
  createSessionClient,
  isGone,
  type SessionClient,
} from "./session_client.ts";
import { findSession, type FoundSession, type Store, type Wanted } from "./store.ts";

export interface SendOptions {
  wanted: Wanted;
  /** addresses the API directly, without the registry */
  direct?: Address;
  text: string;
  mode: "submit" | "type" | "enter";
  force: boolean;
  /** a second send with it reports on the first */
  key?: string | undefined;
  wait: "queued" | "delivered" | "idle";
  budgetMs: number;
  /** tells a person how far it got; absent when nobody wants to know */
  progress?: ((text: string) => void) | undefined;
}

/** What `send` prints, and its exit code. */
export interface SendOutcome {
  answer: Readonly<Record<string, unknown>>;
  code: number;
}

const TIMEOUT_CODE = 124;

export async function sendMessage(store: Store, options: SendOptions): Promise<SendOutcome> {
  const { platform } = store;
  const { id } = options.wanted;
  const startedAt = platform.clock.monotonic();
  const waited = () => seconds(platform.clock.monotonic() - startedAt);
  using deadline = createDeadline(platform, options.budgetMs);
  const timeout = (error: string): SendOutcome => ({
    answer: { ok: false, id, status: "timeout", error },
    code: TIMEOUT_CODE,
  });
  const gone = (): SendOutcome => ({ answer: { ok: false, id, state: "exited", waited_seconds: waited() }, code: 1 });

  try {
    const reached = await reach(store, options, deadline);
    if (reached === undefined) return timeout(`lookup timed out after ${(options.budgetMs / 1000).toFixed(1)}s`);
    const { client, events } = reached;
    const sent = await client.call("POST", "/send", { body: bodyOf(options), signal: deadline.signal });
    if (sent.status === 503 && await hasExited(client, deadline)) return gone();
    refuseError(sent);
    const messageId = String(sent.body["message_id"]);
    options.progress?.(`message ${messageId}: ${String(sent.body["status"])}`);
    const finish = async (outcome: SendOutcome): Promise<SendOutcome> => {
      if (options.progress !== undefined) options.progress(await describeSteps(client, messageId));
      return outcome;
    };
    if (sent.body["ok"] !== true) return await finish({ answer: { id, ...sent.body }, code: 1 });
    if (events === undefined || (options.wait === "delivered" && sent.status === 200)) {
      return await finish({ answer: sent.body, code: 0 });
    }

    // Queued, or to be waited for: the session's own events tell the rest.
    const settled = await awaitMessage(events, { messageId, options, alreadyDelivered: sent.status === 200 });
    if (settled === undefined) return deadline.expired ? timeout(timeoutText(options)) : gone();
    if (settled.type === "task_complete") {
      return await finish({
        answer: { ok: true, id, state: "prompt", waited_seconds: waited(), message_id: messageId },
        code: 0,
      });
    }
    if (settled.type === "task_failed") {
      const error = String(settled["error"]);
      return await finish({
        answer: { ok: false, id, state: "prompt", status: "task_failed", error, waited_seconds: waited() },
        code: 1,
      });
    }
    if (settled.type === "send") {
      return await finish({ answer: await describeDelivered(client, messageId, deadline), code: 0 });
    }
    const status = settled.type === "failed" ? settled["status"] : settled.type;
    return await finish({
      answer: { ok: false, id, status, message_id: messageId, error: settled["error"] },
      code: 1,
    });
  } catch (error) {
    if (!(error instanceof HarnexError)) throw error;
    if (error.code === "timeout") return timeout(timeoutText(options));
    if (error.code === "unavailable" || (isGone(error) && options.direct === undefined)) return gone();
    throw error;
  }
}

/** A session that answers. */
interface Reached {
  client: SessionClient;
  /** absent when nothing is to be waited for */
  events: AsyncIterable<ReadEvent> | undefined;
}

/**
 * The session, as soon as there is one that answers; undefined when the budget ran out before there was one. Nothing
 * has been sent before this has resolved, so it may be tried again, also with the session that comes after this one.
 */
async function reach(store: Store, options: SendOptions, deadline: Deadline): Promise<Reached | undefined> {
  const { signal } = deadline;
  let told = false;
  const ask = async (): Promise<Reached | undefined> => {
    const address = options.direct ?? await findAddress(store, options, deadline);
    if (address === undefined) return undefined;
    const client = createSessionClient(address);
    if (options.wait === "queued") {
      await client.call("GET", "/health", { signal });
      return { client, events: undefined };
    }
    // What is to be waited for may have happened already to a message that was sent before.
    return { client, events: await client.events(options.key === undefined ? LIVE_ONLY : 1, signal) };
  };
  return await askUntilReached(ask, {
    clock: store.platform.clock,
    lives: async ({ code }) =>
      options.direct === undefined ? (await findLive(store, options.wanted)) !== undefined : code === "unavailable",
    signal,
    onRetry(trouble) {
      if (!told) options.progress?.(`${trouble}; trying again`);
      told = true;
    },
  });
}

function bodyOf({ text, mode, force, key }: SendOptions): object {
  const named = key === undefined ? {} : { key };
  return mode === "enter"
    ? { text: "", enter_only: true, force, ...named }
    : { text, submit: mode === "submit", force, ...named };
}

/** One line on the way that the message has gone so far. */
async function describeSteps(client: SessionClient, messageId: string): Promise<string> {
  let body: Answer["body"];
  try {
    ({ body } = await client.call("GET", `/messages/${messageId}`, {}));
  } catch (error) {
    if (error instanceof HarnexError) return `message ${messageId}: the session has ended`;
    throw error;
  }
  const steps = Array.isArray(body["steps"]) ? body["steps"].filter(isStep) : [];
  const startedAt = Date.parse(steps[0]?.at ?? "");
  const words = steps.map(({ step, at, evidence }) => {
    const after = Date.parse(at) - startedAt;
    return `${step}${after > 0 ? ` +${after} ms` : ""}${evidence === undefined ? "" : ` (${evidence})`}`;
  });
  return `message ${messageId}: ${words.join(", ")}`;
}

function isStep(value: unknown): value is TakenStep {
  return typeof value === "object" && value !== null && "step" in value && typeof value.step === "string" &&
    "at" in value && typeof value.at === "string" && (!("evidence" in value) || typeof value.evidence === "string");
}

function timeoutText({ wait, budgetMs }: SendOptions): string {
  return `${wait === "idle" ? "wait for idle" : "delivery"} timed out after ${(budgetMs / 1000).toFixed(1)}s`;
}

/** 4xx and 5xx without a message id: nothing was taken in. */
function refuseError({ status, body }: Answer): void {
  if (status < 400 || typeof body["message_id"] === "string") return;
  throw new HarnexError(status === 503 ? "busy" : "failed", String(body["error"] ?? `the session answered ${status}`));
}

/** The live session, as soon as there is one; undefined when the budget ran out first. */
async function findAddress(store: Store, { wanted }: SendOptions, deadline: Deadline): Promise<Address | undefined> {
  const { platform, paths } = store;
  const now = await findLive(store, wanted);
  if (now !== undefined) return addressOf(now.record);
  await platform.files.makeDirectory(paths.sessions);
  const name = sessionName(wanted.repoRoot, wanted.id);
  const found = await firstFound(
    platform.files.watch(paths.session(name), deadline.signal),
    () => findLive(store, wanted),
  );
  return found && addressOf(found.record);
}

async function findLive(store: Store, wanted: Wanted): Promise<FoundSession | undefined> {
  const found = await findSession(store, wanted);
  return found?.liveness === "live" ? found : undefined;
}

/** The event that settles the message; undefined when the stream ends first. */
async function awaitMessage(
  events: AsyncIterable<ReadEvent>,
  { messageId, options, alreadyDelivered }: { messageId: string; options: SendOptions; alreadyDelivered: boolean },
): Promise<ReadEvent | undefined> {
  let delivered = alreadyDelivered;
  const wantsTurn = options.wait === "idle" && options.mode !== "type";
  for await (const event of events) {
    const own = event["message_id"] === messageId;
    if (own && (event.type === "failed" || event.type === "expired" || event.type === "dropped")) return event;
    if (own && event.type === "send") {
      delivered = true;
      if (!wantsTurn) return event;
    }
    // A forced message or an answer may have joined a turn that another one began: then that turn's end is its end.
    const ends = event.type === "task_complete" || event.type === "task_failed";
    if (ends && (own || (delivered && (options.force || options.mode === "enter")))) return event;
  }
  return undefined;
}

/** Whether a session that takes no message refuses because its agent has exited. */
async function hasExited(client: SessionClient, { signal }: Deadline): Promise<boolean> {
  return (await client.call("GET", "/status", { signal })).body["agent_state"] === "exited";
}

/**
 * What an agent does with its message may be to leave, and then nobody is there to be asked for more; also where the
 * time is up, the message was delivered.
 */
async function describeDelivered(
  client: SessionClient,
  messageId: string,
  { signal }: Deadline,
): Promise<Record<string, unknown>> {
  const ask = async (path: string): Promise<Answer["body"]> => {
    try {
      return (await client.call("GET", path, { signal })).body;
    } catch (error) {
      if (error instanceof HarnexError) return {};
      throw error;
    }
  };
  const row = await ask(`/messages/${messageId}`);
  const status = await ask("/status");
  return {
    ok: true,
    status: "delivered",
    message_id: messageId,
    cli: status["cli"] ?? null,
    bytes_written: row["bytes_written"] ?? null,
    injected_count: status["injected_count"] ?? null,
    newline: true,
    input_state: status["input_state"] ?? null,
    force: false,
  };
}
