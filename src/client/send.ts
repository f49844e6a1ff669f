/**
 * Sends one message to a session and waits as far as asked: for the session to appear, for the delivery, for the end
 * of the message's own turn. The answer says what happened, in the session's own words.
 */

import { HarnexError, httpStatusOf, TIMEOUT_EXIT } from "../model/errors.ts";
import type { ReadEvent } from "../model/events.ts";
import type { TakenStep } from "../model/message.ts";
import { assertNever } from "../model/never.ts";
import { seconds } from "../model/time.ts";
import type { Clock } from "../platform/platform.ts";
import { createDeadline, type Deadline, firstFound } from "../platform/waiting.ts";
import { sessionName } from "../store/paths.ts";
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
  /** a second send with the same key reports on the first */
  key?: string | undefined;
  wait: "queued" | "delivered" | "idle";
  budgetMs: number;
  /** reports each step to a person */
  progress?: ((text: string) => void) | undefined;
}

/** What `send` prints, and its exit code. */
export interface SendOutcome {
  answer: Readonly<Record<string, unknown>>;
  code: number;
}

export async function sendMessage(store: Store, options: SendOptions): Promise<SendOutcome> {
  using deadline = createDeadline(store.platform, options.budgetMs);
  const outcomes = outcomesOf(store.platform.clock, options);
  try {
    const reached = await reach(store, options, deadline);
    if (reached === undefined) return outcomes.timeout("lookup");
    const { client } = reached;
    const sent = await client.call("POST", "/send", { body: bodyOf(options), signal: deadline.signal });
    if (sent.status === httpStatusOf("busy") && await hasExited(client, deadline)) return outcomes.gone();
    refuseError(sent);
    const messageId = String(sent.body["message_id"]);
    options.progress?.(`message ${messageId}: ${String(sent.body["status"])}`);
    const outcome = await settle(reached, { sent, messageId, options, deadline, outcomes });
    if (outcome === undefined) return deadline.expired ? outcomes.timeout() : outcomes.gone();
    options.progress?.(await describeSteps(client, messageId));
    return outcome;
  } catch (error) {
    if (!(error instanceof HarnexError)) throw error;
    if (error.code === "timeout") return outcomes.timeout();
    if (error.code === "unavailable" || (isGone(error) && options.direct === undefined)) return outcomes.gone();
    throw error;
  }
}

/** The answers that are the client's own, because the session does not give them. */
interface Outcomes {
  /** `what` was not done in time; by default what the send waited for last */
  timeout(what?: string): SendOutcome;
  gone(): SendOutcome;
  turnEnded(event: ReadEvent, messageId: string): SendOutcome;
  notDelivered(event: ReadEvent, messageId: string): SendOutcome;
}

function outcomesOf(clock: Clock, { wanted: { id }, wait, budgetMs }: SendOptions): Outcomes {
  const startedAt = clock.monotonic();
  const waited = () => seconds(clock.monotonic() - startedAt);
  return {
    timeout(what = wait === "idle" ? "wait for idle" : "delivery") {
      const error = `${what} timed out after ${(budgetMs / 1000).toFixed(1)}s`;
      return { answer: { ok: false, id, status: "timeout", error }, code: TIMEOUT_EXIT };
    },
    gone: () => ({ answer: { ok: false, id, state: "exited", waited_seconds: waited() }, code: 1 }),
    turnEnded({ type, error }, messageId) {
      const ended = { id, state: "prompt" };
      return type === "task_complete"
        ? { answer: { ok: true, ...ended, waited_seconds: waited(), message_id: messageId }, code: 0 }
        : {
          answer: { ok: false, ...ended, status: type, error: String(error), waited_seconds: waited() },
          code: 1,
        };
    },
    notDelivered({ type, status, error }, messageId) {
      return {
        answer: { ok: false, id, status: type === "failed" ? status : type, message_id: messageId, error },
        code: 1,
      };
    },
  };
}

/** How the message came out, as far as it is waited for; undefined when the session's events end before that. */
async function settle(
  { client, events }: Reached,
  { sent, messageId, options, deadline, outcomes }: {
    sent: Answer;
    messageId: string;
    options: SendOptions;
    deadline: Deadline;
    outcomes: Outcomes;
  },
): Promise<SendOutcome | undefined> {
  if (sent.body["ok"] !== true) return { answer: { id: options.wanted.id, ...sent.body }, code: 1 };
  const isDelivered = sent.status === 200;
  if (events === undefined || (options.wait === "delivered" && isDelivered)) return { answer: sent.body, code: 0 };
  const settled = await firstFound(events, createSettledCheck({ messageId, options, isDelivered }));
  if (settled === undefined) return undefined;
  switch (settled.kind) {
    case "delivered":
      return { answer: isDelivered ? sent.body : await readDelivered(client, messageId, deadline), code: 0 };
    case "turn_ended":
      return outcomes.turnEnded(settled.event, messageId);
    case "not_delivered":
      return outcomes.notDelivered(settled.event, messageId);
    default:
      return assertNever(settled.kind);
  }
}

/** What an event of the session says of the message; undefined as long as there is more to wait for. */
interface Settled {
  kind: "delivered" | "turn_ended" | "not_delivered";
  event: ReadEvent;
}

function createSettledCheck(
  { messageId, options, isDelivered }: { messageId: string; options: SendOptions; isDelivered: boolean },
): (event: ReadEvent) => Settled | undefined {
  const wantsTurn = options.wait === "idle" && options.mode !== "type";
  // A forced message or an answer may have joined a turn that another message began: its end is that turn's end.
  const mayJoin = options.force || options.mode === "enter";
  let delivered = isDelivered;
  return (event) => {
    const own = event["message_id"] === messageId;
    switch (event.type) {
      case "failed":
      case "expired":
      case "dropped":
        return own ? { kind: "not_delivered", event } : undefined;
      case "send":
        delivered ||= own;
        return own && !wantsTurn ? { kind: "delivered", event } : undefined;
      case "task_complete":
      case "task_failed":
        return own || (delivered && mayJoin) ? { kind: "turn_ended", event } : undefined;
      default:
        return undefined;
    }
  };
}

/** A session that answers. */
interface Reached {
  client: SessionClient;
  /** absent when nothing is to be waited for */
  events: AsyncIterable<ReadEvent> | undefined;
}

/**
 * The session, as soon as there is one that answers; undefined when the budget ran out before. Nothing was sent by
 * then, so this may try again, also with the session that follows this one.
 */
async function reach(store: Store, options: SendOptions, deadline: Deadline): Promise<Reached | undefined> {
  const { signal } = deadline;
  let reported = false;
  const ask = async (): Promise<Reached | undefined> => {
    const address = options.direct ?? await findAddress(store, options, deadline);
    if (address === undefined) return undefined;
    const client = createSessionClient(address);
    if (options.wait === "queued") {
      await client.call("GET", "/health", { signal });
      return { client, events: undefined };
    }
    // With a key the message may be an earlier one, and what is waited for may have happened already.
    return { client, events: await client.events(options.key === undefined ? LIVE_ONLY : 1, signal) };
  };
  return await askUntilReached(ask, {
    clock: store.platform.clock,
    lives: async ({ code }) =>
      options.direct === undefined ? (await findLive(store, options.wanted)) !== undefined : code === "unavailable",
    signal,
    onRetry(trouble) {
      if (!reported) options.progress?.(`${trouble}; trying again`);
      reported = true;
    },
  });
}

/** The live session, as soon as there is one; undefined when the budget ran out first. */
async function findAddress(store: Store, { wanted }: SendOptions, deadline: Deadline): Promise<Address | undefined> {
  const { platform: { files }, paths } = store;
  const now = await findLive(store, wanted);
  if (now !== undefined) return addressOf(now.record);
  await files.makeDirectory(paths.sessions);
  const record = paths.session(sessionName(wanted.repoRoot, wanted.id));
  const found = await firstFound(files.watch(record, deadline.signal), () => findLive(store, wanted));
  return found && addressOf(found.record);
}

async function findLive(store: Store, wanted: Wanted): Promise<FoundSession | undefined> {
  const found = await findSession(store, wanted);
  return found?.liveness === "live" ? found : undefined;
}

function bodyOf({ text, mode, force, key }: SendOptions): object {
  const named = key === undefined ? {} : { key };
  return mode === "enter"
    ? { text: "", enter_only: true, force, ...named }
    : { text, submit: mode === "submit", force, ...named };
}

/** Whether a session that accepts no message refuses because its agent has exited. */
async function hasExited(client: SessionClient, { signal }: Deadline): Promise<boolean> {
  return (await client.call("GET", "/status", { signal })).body["agent_state"] === "exited";
}

/** Throws for an answer that names no message: the session did not accept it. */
function refuseError({ status, body }: Answer): void {
  if (status < 400 || typeof body["message_id"] === "string") return;
  const code = status === httpStatusOf("busy") ? "busy" : "failed";
  throw new HarnexError(code, String(body["error"] ?? `the session answered ${status}`));
}

/**
 * The message's own row. The session may be gone by now, because its agent exits on this message, and the time may be
 * up: the message was delivered all the same.
 */
async function readDelivered(
  client: SessionClient,
  messageId: string,
  { signal }: Deadline,
): Promise<Record<string, unknown>> {
  const delivered = { ok: true, status: "delivered", message_id: messageId };
  try {
    const { status, body } = await client.call("GET", `/messages/${messageId}`, { signal });
    return status === 200 ? { ...delivered, ...body } : delivered;
  } catch (error) {
    if (error instanceof HarnexError) return delivered;
    throw error;
  }
}

/** The steps that the message has taken so far, on one line. */
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
