/**
 * The text in place of a screen: messages, commands, changes and tool calls of Codex, written for a person to read. It
 * leaves out the control characters that tools printed, so that any terminal can show it.
 */

import { fieldsOf, type JsonObject, listOf, numberOf, textOf } from "../../text/json.ts";
import { plain } from "../../text/visible.ts";
import { cut } from "./protocol.ts";

/** Limit for the output of one command; Codex keeps all of it. */
const OUTPUT_CHARACTERS = 16 * 1024;
/** Limit for a tool's arguments and results, which are mostly JSON. */
const TOOL_CHARACTERS = 400;

const FILE_MARKS: Readonly<Record<string, string>> = { add: "A", delete: "D", update: "M" };

function indent(text: string): string {
  return plain(text).trimEnd().split("\n").map((line) => line === "" ? "" : `  ${line}`).join("\n");
}

/** The command without the `/bin/bash -lc '…'` that Codex puts around it. */
export function commandOf(item: JsonObject): string {
  const [action] = listOf(item.commandActions);
  const only = listOf(item.commandActions).length === 1 ? textOf(fieldsOf(action).command) : undefined;
  return plain(only ?? textOf(item.command) ?? "?");
}

/** The paths that a file change touches, each with its mark: `A`, `D` or `M`. */
export function changesOf(item: JsonObject): readonly { mark: string; path: string }[] {
  return listOf(item.changes).map(fieldsOf).map((change) => {
    const kind = fieldsOf(change.kind);
    const moved = textOf(kind.move_path);
    const path = textOf(change.path) ?? "?";
    return {
      mark: FILE_MARKS[textOf(kind.type) ?? ""] ?? "M",
      path: moved === undefined ? path : `${path} → ${moved}`,
    };
  });
}

function seconds(ms: unknown): string {
  const value = numberOf(ms);
  return value === undefined ? "" : ` · ${(value / 1000).toFixed(1)} s`;
}

function commandEnd(item: JsonObject): string {
  const status = textOf(item.status);
  const output = textOf(item.aggregatedOutput) ?? "";
  const shown = output.trim() === "" ? "" : `${indent(cut(output, OUTPUT_CHARACTERS))}\n`;
  if (status === "declined") return `${shown}  declined\n`;
  const code = numberOf(item.exitCode);
  return `${shown}  ${code === undefined ? status ?? "ended" : `exit ${code}`}${seconds(item.durationMs)}\n`;
}

function fileChange(item: JsonObject): string {
  const status = textOf(item.status);
  const head = status === "completed" ? "changed" : `change ${status ?? "ended"}`;
  return `\n${head}\n${changesOf(item).map(({ mark, path }) => `  ${mark} ${plain(path)}\n`).join("")}`;
}

function short(value: unknown): string {
  return cut(plain(typeof value === "string" ? value : JSON.stringify(value) ?? ""), TOOL_CHARACTERS);
}

function toolCall(item: JsonObject): string {
  const name = [textOf(item.server), textOf(item.tool) ?? "tool"].filter((part) => part !== undefined).join(".");
  const failure = textOf(fieldsOf(item.error).message);
  const results = listOf(fieldsOf(item.result).content ?? item.contentItems)
    .flatMap((part) => textOf(fieldsOf(part).text) ?? []);
  const lines = results.length === 0 ? "" : `${indent(short(results.join("\n")))}\n`;
  const end = failure === undefined ? textOf(item.status) ?? "ended" : `failed: ${short(failure)}`;
  return `\n${name} ${short(item.arguments ?? {})}\n${lines}  ${end}\n`;
}

/** The line for a command that starts. */
export function renderCommandStart(item: JsonObject): string {
  return `\n$ ${commandOf(item)}\n`;
}

/** The text for an item that has ended; `announced` when the transcript ends with its command line. */
export function renderItem(item: JsonObject, { announced }: { announced: boolean }): string {
  switch (textOf(item.type)) {
    case "userMessage": {
      const text = listOf(item.content).flatMap((part) => textOf(fieldsOf(part).text) ?? []).join("\n");
      return `\n› ${plain(text).trimEnd().replaceAll("\n", "\n  ")}\n`;
    }
    case "agentMessage":
      return `\n${plain(textOf(item.text) ?? "").trimEnd()}\n`;
    case "reasoning": {
      const summary = listOf(item.summary).flatMap((part) => textOf(part) ?? []).join("\n");
      return summary.trim() === "" ? "" : `\n${indent(summary)}\n`;
    }
    case "commandExecution":
      return (announced ? "" : renderCommandStart(item)) + commandEnd(item);
    case "fileChange":
      return fileChange(item);
    case "mcpToolCall":
    case "dynamicToolCall":
      return toolCall(item);
    case "contextCompaction":
      return "\n(the context was compacted)\n";
    case "plan":
      return `\n${indent(textOf(item.text) ?? "")}\n`;
    case "webSearch":
      return `\nsearched the web: ${short(item.query)}\n`;
    default:
      return "";
  }
}

/** The line that ends a turn, and one line for each item that was not done. */
export function renderTurnEnd(
  end: { status: string; detail?: string; durationMs: unknown; refused: readonly string[] },
): string {
  const detail = end.detail === undefined ? "" : `: ${plain(end.detail)}`;
  const refused = end.refused.map((what) => `  not done: ${plain(what)}\n`).join("");
  return `\n— turn ${end.status}${seconds(end.durationMs)}${detail}\n${refused}`;
}
