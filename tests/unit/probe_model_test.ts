/** The mock model that is built into harnex: what it reads from a request, what it answers, and which lane it is for. */

import { deepEqual, equal, match } from "../support/assert.ts";
import { MESSAGES_API } from "../../src/client/probe/messages_api.ts";
import { startMockModel } from "../../src/client/probe/mock_model.ts";
import { composeReport } from "../../src/client/probe/report.ts";
import { RESPONSES_API } from "../../src/client/probe/responses_api.ts";
import type { ModelReply } from "../../src/model/trial.ts";
import { denoPlatform } from "../../src/platform/deno_platform.ts";

const TOOL: ModelReply = { kind: "tool", name: "Bash", input: { command: "true" } };

Deno.test("the Messages API: a prompt is the last text of the user, without reminders; tool results count after it", () => {
  const reminder = { type: "text", text: "<system-reminder>be kind</system-reminder>\n" };
  const result = { type: "tool_result", tool_use_id: "t", content: "Blue" };
  const first = { role: "user", content: [reminder, { type: "text", text: "one\n two" }] };
  const called = { role: "assistant", content: [{ type: "tool_use", id: "t", name: "Bash", input: {} }] };
  const asked = MESSAGES_API.read({
    model: "m",
    stream: true,
    tools: [{ name: "Bash" }],
    messages: [first, called, { role: "user", content: [result] }],
  });
  deepEqual(asked, { prompt: "one\n two", toolResults: ["Blue"], model: "m", isStreamed: true, isAside: false });
  // After a refused tool, its result and the next text come in one message.
  const next = { role: "user", content: [result, { type: "text", text: "three" }] };
  const { prompt, toolResults, isAside } = MESSAGES_API.read({ messages: [first, called, next] });
  deepEqual([prompt, toolResults, isAside], ["three", [], true]);
});

Deno.test("the Responses API: what the agent adds in tags is no prompt; outputs of tools count after it", () => {
  const user = (text: string) => ({ type: "message", role: "user", content: [{ type: "input_text", text }] });
  const output = { type: "function_call_output", call_id: "c", output: "ran" };
  const input = [user("<environment_context>x</environment_context>"), user("old"), output, user("new"), output];
  deepEqual(RESPONSES_API.read({ model: "m", tools: [{}], input }), {
    prompt: "new",
    toolResults: ["ran"],
    model: "m",
    isStreamed: true,
    isAside: false,
  });
});

Deno.test("both APIs stream a tool call with its arguments, and a text that is whole", () => {
  const answer = { id: "1", model: "m" };
  const text = "a long text, \u6f22\u5b57, in pieces that are put together again";
  const deltas = MESSAGES_API.events({ kind: "say", text }, answer).filter(({ type }) =>
    type === "content_block_delta"
  );
  equal(deltas.length > 1, true);
  equal(JSON.stringify(MESSAGES_API.events(TOOL, answer)).includes('{\\"command\\":\\"true\\"}'), true);
  equal(JSON.stringify(RESPONSES_API.events(TOOL, answer)).includes('"name":"Bash"'), true);
  deepEqual(RESPONSES_API.events({ kind: "say", text }, answer).map(({ type }) => type), [
    "response.created",
    "response.output_item.added",
    "response.output_text.delta",
    "response.output_item.done",
    "response.completed",
  ]);
});

Deno.test("the mock answers each lane by its own replies, one after each tool result, and listens on loopback", async () => {
  await using model = startMockModel(denoPlatform(), "messages");
  const [lane, other] = [model.lane("one"), model.lane("two")];
  match(lane.url, /^http:\/\/127\.0\.0\.1:\d+\/one$/);
  lane.reply(TOOL, { kind: "say", text: "ran it" });
  const user = { role: "user", content: "go" };
  const ask = async (url: string, messages: unknown, tools: unknown = [{}]) => {
    const body = JSON.stringify({ model: "m", messages, tools });
    const headers = { "user-agent": "agent/1.2.3" };
    return await (await fetch(`${url}/v1/messages?beta=true`, { method: "POST", body, headers })).json();
  };
  equal((await ask(lane.url, [user])).stop_reason, "tool_use");
  const result = { role: "user", content: [{ type: "tool_result", content: "out" }] };
  equal((await ask(lane.url, [user, result])).content[0].text, "ran it");
  // A request for a title takes no reply, and is no message.
  equal((await ask(lane.url, [{ role: "user", content: "title?" }], [])).content[0].text, '{"title":"Probe"}');
  equal((await ask(other.url, [user])).content[0].text, "done");
  deepEqual([lane.prompts, lane.toolResults, lane.userAgent], [["go"], ["out"], "agent/1.2.3"]);
  const unknown = await fetch(new URL("/three/v1/messages", lane.url), { method: "POST", body: "{}" });
  equal(unknown.status, 404);
  await unknown.body?.cancel();
});

Deno.test("a report hides what it must not show, the longer text first", () => {
  const checks = [{ name: "turn", ok: false, detail: "at /home/me/probe/ask" }, { name: "stop", ok: true }];
  const outcome = { agent: "a", program: "/p", version: "1", harnex: "0.7.0", at: 1, ok: false, checks };
  const screens = [{ after: "turn", text: "me@box ~ /home/me/x\n" }];
  const hidden = [["/home/me", "<home>"], ["/home/me/probe", "<probe>"], ["box", "<host>"], ["", "<empty>"]] as const;
  equal(
    composeReport(outcome, [{ name: "ask", events: [], screens }], { os: "linux", hidden }),
    [
      "harnex 0.7.0, a 1, linux",
      "",
      "Checks",
      "  FAILED turn: at <probe>/ask",
      "  ok     stop",
      "",
      "Events of --approvals ask",
      "",
      "Screen of --approvals ask, after turn",
      "  | me@<host> ~ <home>/x",
      "",
    ].join("\n"),
  );
});
