/**
 * One conversation with `codex app-server`: the handshake, and what each notification means. Built from the wire of
 * Codex 0.169 (`tests/golden/codex`). Only the thread that harnex opened counts; Codex may run others beside it.
 */

import { HarnexError } from "../../model/errors.ts";
import type { ApprovalPolicy } from "../../model/session.ts";
import type { Signal, TurnOutcome } from "../../model/signal.ts";
import type { RpcNotification, RpcRequest } from "../../wire/json_rpc.ts";
import type { Caller, RpcConversation, RpcReading, RpcThread } from "../../transports/rpc/rpc_behaviour.ts";
import { answerCodex } from "./requests.ts";
import { plain } from "../../text/visible.ts";
import { changesOf, commandOf, renderCommandStart, renderItem, renderTurnEnd } from "./transcript.ts";
import { type CodexThreadOptions, describeThread, openCall } from "./thread.ts";
import { createUsageCounter } from "./usage.ts";
import { fieldsOf, type JsonObject, listOf, numberOf, textOf } from "../../text/json.ts";
import { cut, cutTexts } from "./protocol.ts";

/** Of each text in an `item_completed` event; the transcript shows more. */
const ITEM_TEXT_CHARACTERS = 8 * 1024;
/** Of the agent's last words in the event that ends a turn. */
const LAST_MESSAGE_CHARACTERS = 64 * 1024;
/** File changes that wait for their approval or their end. */
const REMEMBERED_CHANGES = 64;
/** Turns of this process whose token reports may still come. */
const REMEMBERED_TURNS = 64;
/** Items of a turn that were not done, named at its end. */
const REFUSED_NAMED = 20;

const NOTHING: RpcReading = { signals: [], transcript: "" };

/** What harnex remembers of the running turn. */
interface Turn {
  id: string;
  lastMessage?: string;
  refused: string[];
}

export function createCodexConversation(options: CodexThreadOptions): RpcConversation {
  const usage = createUsageCounter();
  const changedPaths = new Map<string, readonly string[]>();
  let threadId = options.resume;
  let turn: Turn | undefined;
  const startedTurns = new Set<string>();
  let announcedItem: string | undefined;

  /** The thread's id; only asked once it is open. */
  function thread(): string {
    if (threadId === undefined) throw new HarnexError("failed", "codex has no thread yet");
    return threadId;
  }

  async function open(call: Caller, signal: AbortSignal): Promise<RpcThread> {
    const clientInfo = { name: "harnex", title: "harnex", version: options.clientVersion };
    const hello = await call.request({ method: "initialize", params: { clientInfo, capabilities: null } }, { signal });
    await call.notify({ method: "initialized" });
    const opened = fieldsOf(await call.request(openCall(options), { signal }));
    const { id } = fieldsOf(opened.thread);
    if (typeof id !== "string") throw new HarnexError("failed", "codex opened no thread: its reply names none");
    threadId = id;
    return describeThread(id, { opened, hello: fieldsOf(hello), asked: options });
  }

  function itemStarted(params: JsonObject): RpcReading {
    const item = fieldsOf(params.item);
    const id = textOf(item.id) ?? "";
    if (item.type === "fileChange") {
      changedPaths.set(id, changesOf(item).map(({ path }) => path));
      for (const oldest of changedPaths.keys()) {
        if (changedPaths.size <= REMEMBERED_CHANGES) break;
        changedPaths.delete(oldest);
      }
    }
    if (item.type !== "commandExecution") return NOTHING;
    announcedItem = id;
    return { signals: [], transcript: renderCommandStart(item) };
  }

  function itemCompleted(params: JsonObject): RpcReading {
    const item = fieldsOf(params.item);
    const announced = announcedItem !== undefined && announcedItem === item.id;
    const transcript = renderItem(item, { announced });
    if (transcript !== "") announcedItem = undefined;
    changedPaths.delete(textOf(item.id) ?? "");
    const text = textOf(item.text);
    if (turn !== undefined && item.type === "agentMessage" && text !== undefined) turn.lastMessage = text;
    const notDone = refusal(item);
    if (turn !== undefined && notDone !== undefined && turn.refused.length < REFUSED_NAMED) turn.refused.push(notDone);
    const signals: Signal[] = [{ kind: "item_completed", item: cutTexts(item, ITEM_TEXT_CHARACTERS) }];
    if (item.type === "contextCompaction") {
      signals.push({ kind: "compaction", fields: { item_id: item.id, turnId: params.turnId } });
    }
    // Our own message coming back is no work of the agent.
    const pulse = item.type === "userMessage" ? undefined : { kind: "progress" as const };
    return { signals, transcript, ...(pulse === undefined ? {} : { pulse }) };
  }

  function turnStarted(params: JsonObject): RpcReading {
    const id = textOf(fieldsOf(params.turn).id);
    if (id === undefined) return NOTHING;
    turn = { id, refused: [] };
    startedTurns.add(id);
    for (const oldest of startedTurns) {
      if (startedTurns.size <= REMEMBERED_TURNS) break;
      startedTurns.delete(oldest);
    }
    usage.turnStarted();
    return { signals: [{ kind: "turn_started", turnId: id }], transcript: "" };
  }

  function turnCompleted(params: JsonObject): RpcReading {
    const over = fieldsOf(params.turn);
    const turnId = textOf(over.id);
    const current = turn !== undefined && turn.id === turnId ? turn : undefined;
    const outcome: TurnOutcome = over.status === "completed" || over.status === "interrupted" ? over.status : "failed";
    const failure = errorText(over.error);
    const refused = current?.refused ?? [];
    const detail = outcome === "failed"
      ? failure ?? "the turn failed"
      : refused.length > 0
      ? `not done: ${refused.join("; ")}`
      : undefined;
    // Codex puts the last message into the event, but only of a completed turn.
    const summarised = listOf(over.items).flatMap((item) => textOf(fieldsOf(item).text) ?? []).at(-1);
    const lastMessage = summarised ?? current?.lastMessage;
    const spent = usage.turn();
    turn = undefined;
    const status = outcome === "failed" ? "failed" : outcome;
    return {
      signals: [{
        kind: "turn_ended",
        ...(turnId === undefined ? {} : { turnId }),
        outcome,
        ...(detail === undefined ? {} : { detail }),
        ...(lastMessage === undefined ? {} : { lastMessage: cut(lastMessage, LAST_MESSAGE_CHARACTERS) }),
        ...(spent === undefined ? {} : { usage: spent }),
      }],
      transcript: renderTurnEnd({
        status,
        durationMs: over.durationMs,
        refused,
        ...(outcome === "failed" && detail !== undefined ? { detail } : {}),
      }),
    };
  }

  function tokenUsage(params: JsonObject): RpcReading {
    // A resumed thread repeats what an earlier process used, under the old turn's id.
    const own = startedTurns.has(textOf(params.turnId) ?? "");
    // Each retry of a request repeats the last report.
    const isNew = usage.report(params.tokenUsage, own);
    if (!own || !isNew) return NOTHING;
    return { signals: [{ kind: "usage", usage: usage.session() }], transcript: "", pulse: { kind: "progress" } };
  }

  function modelError(params: JsonObject): RpcReading {
    const message = errorText(params.error) ?? "codex reports an error without words";
    const transcript = `! ${plain(message)}\n`;
    if (params.willRetry === true) return { signals: [], transcript, pulse: { kind: "retrying", message } };
    return { signals: [{ kind: "disconnected", source: "error_notification", message }], transcript };
  }

  function ofThisThread(method: string, params: JsonObject): RpcReading {
    switch (method) {
      case "turn/started":
        return turnStarted(params);
      case "turn/completed":
        return turnCompleted(params);
      case "item/started":
        return itemStarted(params);
      case "item/completed":
        return itemCompleted(params);
      case "item/agentMessage/delta":
      case "item/reasoning/summaryTextDelta":
      case "item/reasoning/textDelta":
      case "item/commandExecution/outputDelta":
        return { ...NOTHING, pulse: { kind: "alive" } };
      case "thread/tokenUsage/updated":
        return tokenUsage(params);
      case "thread/status/changed": {
        const status = fieldsOf(params.status);
        return facts({ thread_status: status.type, thread_flags: listOf(status.activeFlags) });
      }
      case "error":
        return modelError(params);
      case "model/rerouted":
        return facts({ model: params.toModel });
      case "serverRequest/resolved": {
        const id = textOf(params.requestId) ?? numberOf(params.requestId);
        return id === undefined ? NOTHING : { ...NOTHING, resolvedRequest: id };
      }
      default:
        return NOTHING;
    }
  }

  function read(note: RpcNotification): RpcReading {
    const params = fieldsOf(note.params);
    switch (note.method) {
      case "account/rateLimits/updated":
        return facts({ rate_limits: cutTexts(params.rateLimits, ITEM_TEXT_CHARACTERS) });
      case "warning":
      case "guardianWarning":
        return { signals: [], transcript: warning(textOf(params.message)) };
      case "configWarning":
      case "deprecationNotice":
        return { signals: [], transcript: warning(textOf(params.summary)) };
      default:
        return params.threadId === threadId ? ofThisThread(note.method, params) : NOTHING;
    }
  }

  return {
    open,
    read,
    answer: (request: RpcRequest, policy: ApprovalPolicy) =>
      answerCodex(request, { policy, pathsOf: (itemId) => changedPaths.get(itemId) ?? [] }),
    startTurn: (text) => ({
      method: "turn/start",
      params: { threadId: thread(), input: [{ type: "text", text }] },
    }),
    steerTurn: (expectedTurnId, text) => ({
      method: "turn/steer",
      params: { threadId: thread(), expectedTurnId, input: [{ type: "text", text }] },
    }),
    interruptTurn: (turnId) => ({ method: "turn/interrupt", params: { threadId: thread(), turnId } }),
    turnIdOf(result) {
      const reply = fieldsOf(result);
      return textOf(fieldsOf(reply.turn).id) ?? textOf(reply.turnId);
    },
  };
}

function facts(known: JsonObject): RpcReading {
  return { signals: [{ kind: "facts", facts: known }], transcript: "" };
}

function warning(message: string | undefined): string {
  return message === undefined ? "" : `! ${plain(message)}\n`;
}

/** Codex's own words for an error. */
function errorText(error: unknown): string | undefined {
  const { message, additionalDetails } = fieldsOf(error);
  const text = textOf(message);
  const more = textOf(additionalDetails);
  return text !== undefined && more !== undefined ? `${text} (${more})` : text;
}

/** What an item was meant to do, when it was not done. A command that ran and failed is ordinary work. */
function refusal(item: JsonObject): string | undefined {
  const status = textOf(item.status);
  if (status !== "declined" && status !== "failed") return undefined;
  switch (item.type) {
    case "commandExecution":
      return numberOf(item.exitCode) === undefined ? `${status}: ${cut(commandOf(item), 200)}` : undefined;
    case "fileChange":
      return `${status}: change of ${cut(changesOf(item).map(({ path }) => path).join(", "), 200)}`;
    case "mcpToolCall":
    case "dynamicToolCall":
      return `${status}: ${textOf(item.server) ?? "tool"}.${textOf(item.tool) ?? "?"}`;
    default:
      return undefined;
  }
}
