/**
 * What each notification of `codex app-server` means. Built from the wire of Codex 0.169 (`tests/golden/codex`). Only
 * the thread that harnex opened counts; Codex may run others beside it.
 */

import type { TurnOutcome } from "../../model/signal.ts";
import type { Usage } from "../../model/usage.ts";
import { fieldsOf, type JsonObject, listOf, numberOf, textOf } from "../../text/json.ts";
import { plain } from "../../text/visible.ts";
import type { RpcReading } from "../../transports/rpc/rpc_behaviour.ts";
import type { RpcNotification } from "../../wire/json_rpc.ts";
import { createItemReader, type TurnNotes } from "./items.ts";
import { cut, cutTexts } from "./protocol.ts";
import { renderTurnEnd } from "./transcript.ts";
import { createUsageCounter } from "./usage.ts";

/** Limit for each text in the facts about rate limits. */
const FACT_CHARACTERS = 8 * 1024;
/** Limit for the agent's last message in the event that ends a turn. */
const LAST_MESSAGE_CHARACTERS = 64 * 1024;
/** Limit for the turns of this process whose token reports may still come. */
const REMEMBERED_TURNS = 64;

const NOTHING: RpcReading = { signals: [], transcript: "" };

/** Reads one thread's notifications, in the order of the wire. */
export interface NotificationReader {
  /** What a notification says about the thread `threadId`; empty when it is about another one. */
  read(note: RpcNotification, threadId: string | undefined): RpcReading;
  /** The paths that the file change of this item touches, until it has ended. */
  pathsOf(itemId: string): readonly string[];
  /** The turn that started the command of this item; undefined for an unknown one. */
  turnOf(itemId: string): string | undefined;
}

export function createNotificationReader(): NotificationReader {
  const items = createItemReader();
  const turns = createTurnReader();
  return {
    read(note, threadId) {
      const params = fieldsOf(note.params);
      const reading = readGlobal(note.method, params);
      if (reading !== undefined) return reading;
      return params.threadId === threadId ? readOfThread(note.method, params, { items, turns }) : NOTHING;
    },
    pathsOf: items.pathsOf,
    turnOf: items.turnOf,
  };
}

/** What a notification says that belongs to no thread; undefined for one that may. */
function readGlobal(method: string, params: JsonObject): RpcReading | undefined {
  switch (method) {
    case "account/rateLimits/updated":
      return facts({ rate_limits: cutTexts(params.rateLimits, FACT_CHARACTERS) });
    case "warning":
    case "guardianWarning":
      return { signals: [], transcript: warning(textOf(params.message)) };
    case "configWarning":
    case "deprecationNotice":
      return { signals: [], transcript: warning(textOf(params.summary)) };
    default:
      return undefined;
  }
}

function readOfThread(
  method: string,
  params: JsonObject,
  { items, turns }: { items: ReturnType<typeof createItemReader>; turns: TurnReader },
): RpcReading {
  switch (method) {
    case "turn/started":
      return turns.started(params);
    case "turn/completed":
      return turns.completed(params);
    case "item/started":
      return items.started(params);
    case "item/completed":
      return items.completed(params, turns.running());
    case "item/agentMessage/delta":
    case "item/reasoning/summaryTextDelta":
    case "item/reasoning/textDelta":
    case "item/commandExecution/outputDelta":
      return { ...NOTHING, pulse: { kind: "alive" } };
    case "thread/tokenUsage/updated":
      return turns.tokenUsage(params);
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

/** Reads the start, the end and the token counts of turns. */
interface TurnReader {
  started(params: JsonObject): RpcReading;
  completed(params: JsonObject): RpcReading;
  tokenUsage(params: JsonObject): RpcReading;
  /** The notes of the running turn, to which its items add. */
  running(): TurnNotes | undefined;
}

function createTurnReader(): TurnReader {
  const usage = createUsageCounter();
  const startedTurns = new Set<string>();
  let turn: (TurnNotes & { id: string }) | undefined;
  return {
    running: () => turn,
    started(params) {
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
    },
    completed(params) {
      const over = fieldsOf(params.turn);
      const notes = turn !== undefined && turn.id === textOf(over.id) ? turn : undefined;
      turn = undefined;
      return readTurnEnd(over, notes, usage.turn());
    },
    tokenUsage(params) {
      // A resumed thread repeats the usage of an earlier process, under the old turn's id.
      const own = startedTurns.has(textOf(params.turnId) ?? "");
      // Each retry of a request repeats the last report.
      const isNew = usage.report(params.tokenUsage, own ? "this_process" : "earlier_process");
      if (!own || !isNew) return NOTHING;
      return { signals: [{ kind: "usage", usage: usage.session() }], transcript: "", pulse: { kind: "progress" } };
    },
  };
}

/** The end of the turn `over`. `notes` are the same turn's, `spent` are its tokens. */
function readTurnEnd(over: JsonObject, notes: TurnNotes | undefined, spent: Usage | undefined): RpcReading {
  const turnId = textOf(over.id);
  const outcome: TurnOutcome = over.status === "completed" || over.status === "interrupted" ? over.status : "failed";
  const refused = notes?.refused ?? [];
  const failure = outcome === "failed" ? errorText(over.error) ?? failureOf(over.status) : undefined;
  const detail = failure ?? (refused.length > 0 ? `not done: ${refused.join("; ")}` : undefined);
  // Codex 0.169 puts the last message into the event only when the turn was completed.
  const summarised = listOf(over.items).flatMap((item) => textOf(fieldsOf(item).text) ?? []).at(-1);
  const lastMessage = summarised ?? notes?.lastMessage;
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
      status: outcome,
      durationMs: over.durationMs,
      refused,
      ...(failure === undefined ? {} : { detail: failure }),
    }),
  };
}

/** A turn that ended with a status of a newer Codex is not taken for a success. */
function failureOf(status: unknown): string {
  return status === "failed" ? "the turn failed" : `the turn ended as ${JSON.stringify(status)}, which is unknown here`;
}

function modelError(params: JsonObject): RpcReading {
  const message = errorText(params.error) ?? "codex reports an error without words";
  const transcript = `! ${plain(message)}\n`;
  if (params.willRetry === true) return { signals: [], transcript, pulse: { kind: "retrying", message } };
  return { signals: [{ kind: "disconnected", source: "error_notification", message }], transcript };
}

function facts(known: JsonObject): RpcReading {
  return { signals: [{ kind: "facts", facts: known }], transcript: "" };
}

function warning(message: string | undefined): string {
  return message === undefined ? "" : `! ${plain(message)}\n`;
}

/** Codex's own text for an error. */
function errorText(error: unknown): string | undefined {
  const { message, additionalDetails } = fieldsOf(error);
  const text = textOf(message);
  const more = textOf(additionalDetails);
  return text !== undefined && more !== undefined ? `${text} (${more})` : text;
}
