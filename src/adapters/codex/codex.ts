/**
 * Codex through `codex app-server` (0.169 to 0.171), JSON-RPC over its standard streams: how to start it, and which of
 * its output is an error. `conversation.ts` reads the protocol. Pure.
 */

import { HarnexError } from "../../model/errors.ts";
import { VERSION } from "../../model/version.ts";
import type { RpcBehaviour, RpcLimits } from "../../transports/rpc/rpc_behaviour.ts";
import type { Probe } from "../../model/probe.ts";
import type { LaunchPlan, LaunchRequest, RpcAdapter } from "../adapter.ts";
import { type CodexArgs, parseCodexArgs } from "./args.ts";
import { createCodexConversation } from "./conversation.ts";
import { directoryOf } from "./options.ts";
import { ORDERED, refuseContradiction, without } from "./permissions.ts";
import { cut } from "./protocol.ts";
import { REQUEST_LABELS } from "./requests.ts";
import { CODEX_TRIAL } from "./trial.ts";

/** `minVersion` is the first version with the thread protocol; the recordings are from 0.169.0. */
export const CODEX_PROBE: Probe = {
  argv: ["codex", "--version"],
  minVersion: "0.128.0",
  testedUpTo: "0.171.0",
  requiredByDefault: true,
  package: "@openai/codex",
  install: "npm install -g @openai/codex",
};

/**
 * Measured with 0.169: it answers within 1 s on a loaded machine, and thirty times that is broken. Its own retries of a
 * failed request take up to 25 s, and without a network it never gives up. Its exit code does not show a failed start:
 * it is 0 after its input was closed, so an early exit without a turn counts as one.
 */
const LIMITS: RpcLimits = { requestMs: 30_000, retryStreakMs: 5 * 60_000, bootMs: 5_000 };

/** Of Codex's own error text, in the reason for a failed start. */
const ERROR_CHARACTERS = 2000;

/** Keeps Codex 0.169 from syncing plugins and sending usage data: neither belongs to a dispatched task. */
const QUIET = ["--disable", "plugins", "-c", "analytics.enabled=false"];

function plan(request: LaunchRequest): LaunchPlan {
  const args = parseCodexArgs(request.args, request.cwd);
  modelOf(request, args);
  refuseContradiction(request.approvals, args.own, "to_harnex");
  const { sandboxMode, approvalPolicy } = without(ORDERED, args.own);
  const defaults = [
    ...(sandboxMode === undefined ? [] : ["-c", `sandbox_mode=${sandboxMode}`]),
    ...(approvalPolicy === undefined ? [] : ["-c", `approval_policy=${approvalPolicy}`]),
  ];
  return {
    argv: ["codex", "app-server", ...QUIET, ...defaults, ...args.passed],
    ...(args.cwd === undefined ? {} : { cwd: args.cwd }),
    contextInArgv: false,
  };
}

function modelOf(request: LaunchRequest, args: CodexArgs): string | undefined {
  if (request.model !== undefined && args.model !== undefined && request.model !== args.model) {
    throw new HarnexError("invalid", `two models: --model ${request.model} and -m ${args.model}; leave one out`);
  }
  return request.model ?? args.model ?? request.meta?.model;
}

function behaviour(request: LaunchRequest): RpcBehaviour {
  const args = parseCodexArgs(request.args, request.cwd);
  const model = modelOf(request, args);
  const effort = request.effort ?? request.meta?.effort;
  return {
    // Codex 0.169 exits within 30 ms after its input ends, within 400 ms when a command runs.
    graces: { askMs: 500, termMs: 1000 },
    limits: LIMITS,
    converse: () =>
      createCodexConversation({
        cwd: args.cwd ?? request.cwd,
        ...(model === undefined ? {} : { model }),
        ...(effort === undefined ? {} : { effort }),
        ...(args.resume === undefined ? {} : { resume: args.resume }),
        approvals: request.approvals,
        permissions: { ...without(ORDERED, args.own), ...args.own },
        clientVersion: VERSION,
      }),
    errorText,
  };
}

/** Log lines of Codex begin with a colour or a time; at each start it also warns about its environment. */
function isNoise(line: string): boolean {
  const ESCAPE = "\u001b";
  return line.startsWith(ESCAPE) || line.startsWith("WARNING:") || /^\d{4}-\d{2}-\d{2}T/.test(line);
}

/** Codex's own error text, without log lines and usage, on one line. */
function errorText(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !isNoise(line));
  const usage = lines.findIndex((line) => line.startsWith("Usage:"));
  return cut((usage === -1 ? lines : lines.slice(0, usage)).join(" "), ERROR_CHARACTERS);
}

export const codex: RpcAdapter = {
  name: "codex",
  labels: REQUEST_LABELS,
  probe: CODEX_PROBE,
  trial: CODEX_TRIAL,
  transport: "stdio_jsonrpc",
  plan,
  directory: directoryOf,
  behaviour,
};
