/**
 * What the items of a Codex thread say: commands, file changes, answers and tool calls, as they start and end. Built
 * from the wire of Codex 0.169 (`tests/golden/codex`).
 */

import type { Signal } from "../../model/signal.ts";
import { fieldsOf, type JsonObject, numberOf, textOf } from "../../text/json.ts";
import type { RpcReading } from "../../transports/rpc/rpc_behaviour.ts";
import { cut, cutTexts } from "./protocol.ts";
import { changesOf, commandOf, renderCommandStart, renderItem } from "./transcript.ts";

/** Limit for each text in an `item_completed` event; the transcript shows more. */
const ITEM_TEXT_CHARACTERS = 8 * 1024;
/** Limit for the file changes that wait for their approval or their end. */
const REMEMBERED_CHANGES = 64;
/** Limit for the commands whose turn is known: far more than a thread keeps in the background. */
const REMEMBERED_COMMANDS = 512;
/** Limit for the items of a turn that were not done, which its end lists. */
const REFUSED_NAMED = 20;
/** Limit for a command, or for the paths of a change, in that list. */
const REFUSED_CHARACTERS = 200;

/** What the items of a running turn leave for its end. */
export interface TurnNotes {
  lastMessage?: string;
  refused: string[];
}

/** Reads the items of one thread. Remembers what the protocol spreads over several messages. */
export interface ItemReader {
  started(params: JsonObject): RpcReading;
  /** `turn` is the running turn, whose notes this adds to; undefined when none runs. */
  completed(params: JsonObject, turn: TurnNotes | undefined): RpcReading;
  /** The paths that the file change of this item touches, until it has ended. */
  pathsOf(itemId: string): readonly string[];
  /** The turn that started the command of this item; undefined for an unknown one. */
  turnOf(itemId: string): string | undefined;
}

export function createItemReader(): ItemReader {
  const changedPaths = new Map<string, readonly string[]>();
  const commandTurns = new Map<string, string>();
  let announcedItem: string | undefined;

  return {
    started(params) {
      const item = fieldsOf(params.item);
      const id = textOf(item.id) ?? "";
      if (item.type === "fileChange") {
        changedPaths.set(id, changesOf(item).map(({ path }) => path));
        forgetOldest(changedPaths, REMEMBERED_CHANGES);
      }
      if (item.type !== "commandExecution") return { signals: [], transcript: "" };
      announcedItem = id;
      commandTurns.set(id, textOf(params.turnId) ?? "");
      forgetOldest(commandTurns, REMEMBERED_COMMANDS);
      return { signals: [], transcript: renderCommandStart(item) };
    },
    completed(params, turn) {
      const item = fieldsOf(params.item);
      const announced = announcedItem !== undefined && announcedItem === item.id;
      const transcript = renderItem(item, { announced });
      if (transcript !== "") announcedItem = undefined;
      changedPaths.delete(textOf(item.id) ?? "");
      if (turn !== undefined) noteItem(turn, item);
      // harnex's own message comes back as an item; that is no work of the agent.
      const isWork = item.type !== "userMessage";
      return { signals: signalsOf(item, params), transcript, ...(isWork ? { pulse: { kind: "progress" } } : {}) };
    },
    pathsOf: (itemId) => changedPaths.get(itemId) ?? [],
    turnOf: (itemId) => commandTurns.get(itemId),
  };
}

function forgetOldest(remembered: Map<string, unknown>, limit: number): void {
  for (const oldest of remembered.keys()) {
    if (remembered.size <= limit) break;
    remembered.delete(oldest);
  }
}

/** Keeps the agent's last message, and what was not done. */
function noteItem(turn: TurnNotes, item: JsonObject): void {
  const text = textOf(item.text);
  if (item.type === "agentMessage" && text !== undefined) turn.lastMessage = text;
  const notDone = refusal(item);
  if (notDone !== undefined && turn.refused.length < REFUSED_NAMED) turn.refused.push(notDone);
}

function signalsOf(item: JsonObject, params: JsonObject): Signal[] {
  const completed: Signal = { kind: "item_completed", item: cutTexts(item, ITEM_TEXT_CHARACTERS) };
  if (item.type !== "contextCompaction") return [completed];
  return [completed, { kind: "compaction", fields: { item_id: item.id, turnId: params.turnId } }];
}

/** Describes an item that was not done; undefined for others. A command that ran and failed is ordinary work. */
function refusal(item: JsonObject): string | undefined {
  const status = textOf(item.status);
  if (status !== "declined" && status !== "failed") return undefined;
  switch (item.type) {
    case "commandExecution":
      return numberOf(item.exitCode) === undefined
        ? `${status}: ${cut(commandOf(item), REFUSED_CHARACTERS)}`
        : undefined;
    case "fileChange":
      return `${status}: change of ${cut(changesOf(item).map(({ path }) => path).join(", "), REFUSED_CHARACTERS)}`;
    case "mcpToolCall":
    case "dynamicToolCall":
      return `${status}: ${textOf(item.server) ?? "tool"}.${textOf(item.tool) ?? "?"}`;
    default:
      return undefined;
  }
}
