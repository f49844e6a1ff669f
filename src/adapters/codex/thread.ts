/** Opens a thread of `codex app-server` (0.169), and describes what the reply says about it. */

import type { RpcCall } from "../../wire/json_rpc.ts";
import type { RpcThread } from "../../transports/rpc/rpc_behaviour.ts";
import { fieldsOf, type JsonObject, textOf } from "../../text/json.ts";

export interface CodexThreadOptions {
  cwd: string;
  model?: string;
  effort?: string;
  /** the thread to resume, instead of a new one */
  resume?: string;
  clientVersion: string;
}

/** The request that opens a new thread, or resumes one. */
export function openCall({ cwd, model, effort, resume }: CodexThreadOptions): RpcCall {
  const params = {
    cwd,
    ...(model === undefined ? {} : { model }),
    // This request has no field for the effort.
    ...(effort === undefined ? {} : { config: { model_reasoning_effort: effort } }),
  };
  return resume === undefined
    ? { method: "thread/start", params }
    : { method: "thread/resume", params: { threadId: resume, excludeTurns: true, ...params } };
}

/** The facts of an opened thread, and a line in the transcript for each difference from the request. */
export function describeThread(
  id: string,
  { opened, hello, asked }: { opened: JsonObject; hello: JsonObject; asked: CodexThreadOptions },
): RpcThread {
  const model = textOf(opened.model);
  const effort = textOf(opened.reasoningEffort);
  const sandbox = textOf(fieldsOf(opened.sandbox).type);
  const approvals = typeof opened.approvalPolicy === "string" ? opened.approvalPolicy : "granular";
  const version = textOf(fieldsOf(opened.thread).cliVersion);
  const differs = [
    asked.model !== undefined && asked.model !== model ? `model ${asked.model} was asked for, it is ${model}` : "",
    asked.effort !== undefined && asked.effort !== effort
      ? `effort ${asked.effort} was asked for, it is ${effort}`
      : "",
  ].filter((text) => text !== "");
  const head = [`codex ${version ?? textOf(hello.userAgent) ?? ""}`, model, effort, sandbox, `approvals ${approvals}`];
  return {
    signals: [
      { kind: "resumable", agentSessionId: id },
      {
        kind: "facts",
        facts: {
          model: model ?? null,
          effort: effort ?? null,
          sandbox,
          approval_policy: approvals,
          agent_version: version,
        },
      },
    ],
    transcript: [head.filter((part) => part !== undefined).join(" · "), ...differs.map((text) => `! ${text}`), ""]
      .join("\n"),
  };
}
