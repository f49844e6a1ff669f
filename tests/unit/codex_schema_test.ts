import * as assert from "../support/assert.ts";
import { codex } from "../../src/adapters/codex/codex.ts";
import { answerCodex } from "../../src/adapters/codex/requests.ts";
import { createCodexConversation } from "../../src/adapters/codex/conversation.ts";
import type { ApprovalPolicy } from "../../src/model/session.ts";
import type { RpcCall } from "../../src/wire/json_rpc.ts";
import type { RpcReply } from "../../src/transports/rpc/rpc_behaviour.ts";
import { SCHEMAS, schemaVersions } from "../support/codex_schema.ts";
import { validate } from "../support/json_schema.ts";

const NEVER = new AbortController().signal;

async function load(version: string, name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(new URL(`${version}/${name}`, SCHEMAS)));
}

const PARAMS: Readonly<Record<string, string>> = {
  "initialize": "v1/InitializeParams",
  "thread/start": "v2/ThreadStartParams",
  "thread/resume": "v2/ThreadResumeParams",
  "turn/start": "v2/TurnStartParams",
  "turn/steer": "v2/TurnSteerParams",
  "turn/interrupt": "v2/TurnInterruptParams",
  "thread/backgroundTerminals/list": "v2/ThreadBackgroundTerminalsListParams",
  "thread/backgroundTerminals/terminate": "v2/ThreadBackgroundTerminalsTerminateParams",
};

/** Every question that Codex can ask, with its parameters as seen on the wire or in the schema. */
const QUESTIONS: Readonly<Record<string, { schema?: string; params: unknown }>> = {
  "item/commandExecution/requestApproval": {
    schema: "CommandExecutionRequestApprovalResponse",
    params: {
      command: "/bin/bash -lc 'make'",
      commandActions: [{ type: "unknown", command: "make" }],
      reason: "to build",
    },
  },
  "item/fileChange/requestApproval": { schema: "FileChangeRequestApprovalResponse", params: { itemId: "i1" } },
  "item/permissions/requestApproval": {
    schema: "PermissionsRequestApprovalResponse",
    params: { reason: "net", permissions: { network: { enabled: true }, fileSystem: null } },
  },
  "mcpServer/elicitation/request": {
    schema: "McpServerElicitationRequestResponse",
    params: {
      serverName: "s",
      mode: "form",
      message: "who?",
      _meta: null,
      requestedSchema: { type: "object", properties: {} },
    },
  },
  "item/tool/requestUserInput": {
    schema: "ToolRequestUserInputResponse",
    params: { questions: [{ id: "q", question: "which?", options: [{ label: "A" }, { label: "B" }] }] },
  },
  "item/tool/call": { schema: "DynamicToolCallResponse", params: { callId: "c", tool: "t", arguments: {} } },
  "execCommandApproval": { schema: "ExecCommandApprovalResponse", params: { command: ["make"] } },
  "applyPatchApproval": { schema: "ApplyPatchApprovalResponse", params: {} },
  "account/chatgptAuthTokens/refresh": { params: {} },
  "attestation/generate": { params: {} },
  "currentTime/read": { params: {} },
};

function ask(method: string, policy: ApprovalPolicy, params: unknown = QUESTIONS[method]?.params) {
  return answerCodex({ id: 0, method, params }, { policy, pathsOf: (item) => item === "i1" ? ["a.txt"] : [] });
}

/** Every reply that a policy or a person can give. */
function replies(method: string, policy: ApprovalPolicy): readonly RpcReply[] {
  const answer = ask(method, policy);
  if (answer.kind === "reply") return [answer.reply];
  const texts = ["yes", '{"q":"yes"}'].flatMap((text) => answer.question.replyWithText?.(text) ?? []);
  return [...answer.question.choices.map(({ reply }) => reply), ...texts];
}

Deno.test("every request that the Codex conversation sends fits the schema of each version", async () => {
  const calls: RpcCall[] = [];
  for (const resume of [undefined, "01a20469-90df-79d0-935e-aa58388ed600"]) {
    const conversation = createCodexConversation({
      cwd: "/project",
      model: "m",
      effort: "high",
      clientVersion: "1",
      approvals: "ask",
      permissions: { approvalPolicy: "on-request", sandboxMode: "workspace-write", reviewer: "user" },
      ...(resume === undefined ? {} : { resume }),
    });
    const replies: Readonly<Record<string, unknown>> = {
      "thread/backgroundTerminals/list": { data: [{ itemId: "i", processId: "p" }], nextCursor: null },
    };
    const caller = {
      request: (call: RpcCall) => Promise.resolve((calls.push(call), replies[call.method] ?? { thread: { id: "t" } })),
      notify: () => Promise.resolve(),
    };
    await conversation.open(caller, NEVER);
    await conversation.endLeftovers?.(caller, { turnId: "x", signal: NEVER });
    const steer = conversation.steerTurn?.("ho", "x");
    if (steer !== undefined) calls.push(steer);
    calls.push(conversation.startTurn("hi").call, conversation.interruptTurn("x").call);
  }
  assert.deepEqual([...new Set(calls.map(({ method }) => method))].sort(), Object.keys(PARAMS).sort());
  for (const version of schemaVersions()) {
    const sent = await load(version, "sent.json");
    for (const { method, params } of calls) {
      const faults = validate(sent[PARAMS[method] ?? ""], JSON.parse(JSON.stringify(params)));
      assert.deepEqual(faults, [], `${method} of ${version}`);
    }
  }
});

Deno.test("answerCodex() has a reply that fits the schema of each version for every question, under every policy", async () => {
  const asked = new Set<unknown>();
  for (const version of schemaVersions()) {
    const [sent, read] = [await load(version, "sent.json"), await load(version, "read.json")];
    const words = wordsOf(read["ServerRequest: method"]);
    for (const method of words) asked.add(method);
    for (const [method, { schema }] of Object.entries(QUESTIONS)) {
      for (const policy of ["auto", "ask", "deny"] as const) {
        for (const reply of replies(method, policy)) {
          if (schema === undefined) assert.ok("error" in reply, method);
          else if ("result" in reply) assert.deepEqual(validate(sent[schema], reply.result), [], `${method} ${policy}`);
          else assert.fail(`${method} ${policy} is refused`);
        }
      }
    }
  }
  assert.deepEqual([...asked].sort(), Object.keys(QUESTIONS).sort());
});

function wordsOf(value: unknown): readonly unknown[] {
  return typeof value === "object" && value !== null && "words" in value && Array.isArray(value.words)
    ? value.words
    : [];
}

Deno.test("answerCodex() asks under the names of states that codex lists, and under no other", () => {
  const answers = Object.keys(QUESTIONS).map((method) => ask(method, "ask"));
  const labels = answers.flatMap((answer) => answer.kind === "ask" ? [answer.question.label] : []);
  assert.deepEqual([...new Set(labels)].sort(), [...codex.labels].sort());
});

Deno.test("answerCodex() never says `approved` to a question of the current protocol", () => {
  for (const method of Object.keys(QUESTIONS).filter((name) => name.includes("/"))) {
    for (const policy of ["auto", "ask", "deny"] as const) {
      assert.equal(JSON.stringify(replies(method, policy)).includes("approved"), false, method);
    }
  }
});

Deno.test("answerCodex() allows an MCP tool under auto and tells which", () => {
  const params = {
    serverName: "s",
    mode: "form",
    message: "Allow?",
    _meta: { codex_approval_kind: "mcp_tool_call", tool_name: "look" },
    requestedSchema: { type: "object", properties: {} },
  };
  assert.deepEqual(ask("mcpServer/elicitation/request", "auto", params), {
    kind: "reply",
    reply: { result: { action: "accept", content: {}, _meta: null } },
    decision: "accept",
    note: { approval: "mcp_tool_call", command: "s.look" },
  });
});

Deno.test("answerCodex() refuses a method that it does not know", () => {
  assert.deepEqual(ask("item/new/question", "auto", {}), {
    kind: "reply",
    reply: { error: { code: -32601, message: "harnex does not answer item/new/question" } },
    decision: "refused",
    note: { approval: "item/new/question" },
  });
});
