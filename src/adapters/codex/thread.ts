/** Opens a thread of `codex app-server` (0.169), and describes what the reply says about it. */

import { HarnexError } from "../../model/errors.ts";
import type { ApprovalPolicy } from "../../model/session.ts";
import type { RpcCall } from "../../wire/json_rpc.ts";
import type { RpcThread } from "../../transports/rpc/rpc_behaviour.ts";
import { fieldsOf, type JsonObject, textOf } from "../../text/json.ts";
import {
  APPROVAL_POLICIES,
  brokenPromise,
  GRANULAR,
  type OwnPermissions,
  REVIEWERS,
  SANDBOX_MODES,
} from "./permissions.ts";

export interface CodexThreadOptions {
  cwd: string;
  model?: string;
  effort?: string;
  /** the thread to resume, instead of a new one */
  resume?: string;
  /** what harnex promised about the questions */
  approvals: ApprovalPolicy;
  /** what is ordered, or set by the person's arguments */
  permissions: OwnPermissions;
  clientVersion: string;
}

/** The request that opens a new thread, or resumes one. */
export function openCall({ cwd, model, effort, resume, permissions }: CodexThreadOptions): RpcCall {
  const params = {
    cwd,
    ...permissionParams(permissions),
    ...(model === undefined ? {} : { model }),
    // This request has no field for the effort.
    ...(effort === undefined ? {} : { config: { model_reasoning_effort: effort } }),
  };
  return resume === undefined
    ? { method: "thread/start", params }
    : { method: "thread/resume", params: { threadId: resume, excludeTurns: true, ...params } };
}

/**
 * Settings alone are not enough: 0.169 and 0.171 resume a thread with the permissions that it had, and these fields
 * override them. A word that the protocol does not have stays with the settings.
 */
function permissionParams({ approvalPolicy, sandboxMode, reviewer }: OwnPermissions): JsonObject {
  const field = (name: string, words: readonly string[], word: string | undefined) =>
    word !== undefined && words.includes(word) ? { [name]: word } : {};
  return {
    ...field("approvalPolicy", APPROVAL_POLICIES, approvalPolicy),
    ...field("sandbox", SANDBOX_MODES, sandboxMode),
    ...field("approvalsReviewer", REVIEWERS, reviewer),
  };
}

/** The permissions of an opened thread, in the words of `config.toml`; without those that its reply does not name. */
function permissionsOf(opened: JsonObject): OwnPermissions {
  const sandbox = textOf(fieldsOf(opened.sandbox).type);
  const reviewer = textOf(opened.approvalsReviewer);
  const { approvalPolicy } = opened;
  return {
    ...(approvalPolicy === undefined ? {} : { approvalPolicy: textOf(approvalPolicy) ?? GRANULAR }),
    ...(sandbox === undefined
      ? {}
      : { sandboxMode: sandbox.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) }),
    ...(reviewer === undefined ? {} : { reviewer }),
  };
}

/**
 * Throws HarnexError("failed") where an opened thread breaks the promise about questions: what a computer's
 * administrator requires beats every order.
 */
export function checkPermissions(opened: JsonObject, { approvals }: Pick<CodexThreadOptions, "approvals">): void {
  const reason = brokenPromise(approvals, permissionsOf(opened), "to_harnex");
  if (reason === undefined) return;
  throw new HarnexError("failed", `codex did not take what --approvals ${approvals} needs; it runs with ${reason}`);
}

/** The facts of an opened thread, and a line in the transcript for each difference from the request. */
export function describeThread(
  id: string,
  { opened, hello, asked }: { opened: JsonObject; hello: JsonObject; asked: CodexThreadOptions },
): RpcThread {
  const model = textOf(opened.model);
  const effort = textOf(opened.reasoningEffort);
  const sandbox = textOf(fieldsOf(opened.sandbox).type);
  const approvals = textOf(opened.approvalPolicy) ?? GRANULAR;
  const actual = permissionsOf(opened);
  const version = textOf(fieldsOf(opened.thread).cliVersion);
  const { approvalPolicy, sandboxMode } = asked.permissions;
  const differs = [
    difference("model", { asked: asked.model, actual: model ?? "unknown" }),
    difference("effort", { asked: asked.effort, actual: effort ?? "unknown" }),
    difference("approval_policy", { asked: approvalPolicy, actual: actual.approvalPolicy }),
    difference("sandbox_mode", { asked: sandboxMode, actual: actual.sandboxMode }),
  ].flat();
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

/** A line where what the reply names is not what was asked for. */
function difference(
  what: string,
  { asked, actual }: { asked: string | undefined; actual: string | undefined },
): string[] {
  if (asked === undefined || actual === undefined || asked === actual) return [];
  return [`${what} ${asked} was asked for, it is ${actual}`];
}
