/** The Responses API of OpenAI, as far as a mock of it needs to know it. Pure. */

import type { ModelReply } from "../../model/trial.ts";
import { fieldsOf, type JsonObject, listOf, textOf } from "../../text/json.ts";
import type { Asked, Dialect } from "./dialect.ts";

/** What an agent adds to the input by itself stands in tags. */
const OWN_CONTEXT = /^\s*<\w+/;
const USAGE = {
  input_tokens: 5,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 12,
};

export const RESPONSES_API: Dialect = {
  endpoint: "/responses",
  read,
  events(reply, { id }) {
    const item = itemOf(reply, id);
    const response = { id: `resp_${id}`, object: "response", output: [] };
    const text = reply.kind === "tool" ? [] : [
      { type: "response.output_item.added", output_index: 0, item: { ...item, status: "in_progress", content: [] } },
      { type: "response.output_text.delta", output_index: 0, item_id: id, content_index: 0, delta: reply.text },
    ];
    return [
      { type: "response.created", response: { ...response, status: "in_progress" } },
      ...text,
      { type: "response.output_item.done", output_index: 0, item },
      { type: "response.completed", response: { ...response, status: "completed", usage: USAGE } },
    ];
  },
  whole: (reply, { id }) => ({
    id: `resp_${id}`,
    object: "response",
    status: "completed",
    output: [itemOf(reply, id)],
    usage: USAGE,
  }),
};

function read(body: JsonObject): Asked {
  let prompt = "";
  let toolResults: string[] = [];
  for (const item of listOf(body["input"]).map(fieldsOf)) {
    const text = listOf(item["content"]).map((part) => textOf(fieldsOf(part)["text"]) ?? "").join("\n");
    if (item["role"] === "user" && !OWN_CONTEXT.test(text)) {
      prompt = text;
      toolResults = [];
    } else if (textOf(item["type"])?.endsWith("_output")) {
      toolResults.push(textOf(item["output"]) ?? JSON.stringify(item["output"]));
    }
  }
  return {
    prompt,
    toolResults,
    model: textOf(body["model"]) ?? "",
    isStreamed: true,
    // Some models get their tools inside the input.
    isAside: listOf(body["tools"]).length === 0 && !JSON.stringify(body["input"]).includes('"additional_tools"'),
  };
}

function itemOf(reply: ModelReply, id: string): JsonObject {
  if (reply.kind === "tool") {
    const args = JSON.stringify(reply.input);
    return { id, type: "function_call", status: "completed", call_id: `call_${id}`, name: reply.name, arguments: args };
  }
  const content = [{ type: "output_text", text: reply.text, annotations: [] }];
  return { id, type: "message", role: "assistant", status: "completed", content };
}
