/** The Messages API of Anthropic, as far as a mock of it needs to know it. Pure. */

import type { ModelReply } from "../../model/trial.ts";
import { fieldsOf, type JsonObject, listOf, textOf } from "../../text/json.ts";
import type { Asked, Dialect } from "./dialect.ts";

/** What an agent adds to a user's message by itself. */
const REMINDER = /<system-reminder>[\s\S]*?<\/system-reminder>\n*/g;
/** Text comes in pieces, as from a real model. */
const PIECE = /[\s\S]{1,24}/g;

export const MESSAGES_API: Dialect = {
  endpoint: "/v1/messages",
  read,
  events(reply, answer) {
    const pieces = reply.kind === "say"
      ? (reply.text.match(PIECE) ?? [""]).map((text) => ({ type: "text_delta", text }))
      : [{ type: "input_json_delta", partial_json: JSON.stringify(reply.input) }];
    const start = reply.kind === "say" ? { type: "text", text: "" } : { ...blockOf(reply, answer.id), input: {} };
    return [
      { type: "message_start", message: { ...headOf(answer), content: [], stop_reason: null } },
      { type: "content_block_start", index: 0, content_block: start },
      ...pieces.map((delta) => ({ type: "content_block_delta", index: 0, delta })),
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: stopReason(reply), stop_sequence: null },
        usage: { output_tokens: 7 },
      },
      { type: "message_stop" },
    ];
  },
  whole: (reply, answer) => ({
    ...headOf(answer),
    content: [blockOf(reply, answer.id)],
    stop_reason: stopReason(reply),
  }),
};

function read(body: JsonObject): Asked {
  const users = listOf(body["messages"]).map(fieldsOf).filter(({ role }) => role === "user").map(blocksOf);
  // After a refused tool its result and the next text come in one message, so a prompt is known by its text.
  const at = users.findLastIndex((blocks) => textsOf(blocks).length > 0);
  return {
    prompt: textsOf(users[at] ?? []).at(-1) ?? "",
    toolResults: users.slice(at + 1).flat().filter(({ type }) => type === "tool_result").map(({ content }) =>
      textOf(content) ?? JSON.stringify(content)
    ),
    model: textOf(body["model"]) ?? "",
    isStreamed: body["stream"] === true,
    isAside: listOf(body["tools"]).length === 0,
  };
}

function blocksOf({ content }: JsonObject): JsonObject[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : listOf(content).map(fieldsOf);
}

function textsOf(blocks: readonly JsonObject[]): string[] {
  return blocks.map(({ text }) => (textOf(text) ?? "").replaceAll(REMINDER, "")).filter((text) => text !== "");
}

function headOf({ id, model }: { id: string; model: string }): JsonObject {
  const usage = { input_tokens: 5, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 3 };
  return { id: `msg_${id}`, type: "message", role: "assistant", model, stop_sequence: null, usage };
}

function blockOf(reply: ModelReply, id: string): JsonObject {
  return reply.kind === "say"
    ? { type: "text", text: reply.text }
    : { type: "tool_use", id: `toolu_${id}`, name: reply.name, input: reply.input };
}

function stopReason(reply: ModelReply): string {
  return reply.kind === "say" ? "end_turn" : "tool_use";
}
