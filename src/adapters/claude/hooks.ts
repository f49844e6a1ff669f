/**
 * What Claude Code (2.1.197, 2.1.332) reports about itself: the hooks that it posts to the session's API, and its session file.
 * Pure; nothing here reads the screen.
 */

import type { HookCall, HookContext, HookReading, StateFileReader } from "../../transports/agent_process.ts";
import { fieldsOf, type JsonObject, listOf, parseObject, textOf } from "../../text/json.ts";
import type { ApprovalPolicy } from "../../model/session.ts";
import type { Signal } from "../../model/signal.ts";
import { keepsPromise, promiseSettings, wrongMode } from "./permissions.ts";
import type { ClaudeSignal } from "./screen.ts";
import { takesHook } from "./versions.ts";

/** The agent waits for its hooks, `Stop` included, so harnex answers at once. */
const HOOK_TIMEOUT_S = 5;
/** The hooks that report the start and the end of every turn. `SessionStart` is not here: it takes commands only. */
const EVENTS = ["UserPromptSubmit", "Stop", "StopFailure", "PermissionRequest", "SessionEnd"] as const;
/** Under `--approvals ask` and `deny` also: a tool that would run in another mode than ordered is refused. */
const PROMISED_EVENTS = [...EVENTS, "PreToolUse"] as const;
/** The environment variable of the agent that holds the token for posts; the settings name only the variable. */
export const HOOK_TOKEN = "HARNEX_HOOK_TOKEN";
/** Tools that ask a person; a permission policy cannot answer them. */
const QUESTIONS: readonly string[] = ["AskUserQuestion", "ExitPlanMode"];

/** A copy of `settings` with a hook that posts to `url` added to each event that the installed version knows. */
export function withHooks(
  settings: JsonObject,
  { url, approvals, version }: { url: string; approvals: ApprovalPolicy; version: string | undefined },
): Record<string, unknown> {
  const hook = {
    type: "http",
    url,
    timeout: HOOK_TIMEOUT_S,
    headers: { Authorization: `Bearer $${HOOK_TOKEN}` },
    allowedEnvVars: [HOOK_TOKEN],
  };
  const given = fieldsOf(settings["hooks"]);
  const events = (approvals === "auto" ? EVENTS : PROMISED_EVENTS).filter((event) => takesHook(event, version));
  const added = events.map((event) => [event, [...listOf(given[event]), { hooks: [hook] }]]);
  return {
    ...settings,
    // Vim's normal mode would take typed text for commands.
    editorMode: "normal",
    ...promiseSettings(approvals, version),
    hooks: { ...given, ...Object.fromEntries(added) },
  };
}

/** What one hook call reports, and the JSON that answers it. Events and fields of 2.1.197 and 2.1.332. */
export function fromHook({ body }: HookCall, { approvals, keptPromise }: HookContext): HookReading {
  const session = textOf(body["session_id"]);
  const transcript = textOf(body["transcript_path"]);
  const always: Signal[] = [
    ...(session === undefined ? [] : [{ kind: "resumable" as const, agentSessionId: session }]),
    ...(transcript === undefined ? [] : [{ kind: "facts" as const, facts: { transcript_path: transcript } }]),
  ];
  const event = textOf(body["hook_event_name"]) ?? "";
  const mode = keptPromise ? undefined : textOf(body["permission_mode"]);
  if (mode !== undefined && !keepsPromise(mode, approvals)) {
    const { signals, ...reading } = refuseMode(event, { body, detail: wrongMode(mode, approvals) });
    return { ...reading, signals: [...always, ...signals] };
  }
  const reading = readEvent(event, body, approvals);
  if (mode === undefined) return { ...reading, signals: [...always, ...reading.signals] };
  // Takes back what an earlier call reported of a wrong mode.
  const right: Signal = { kind: "unclear", label: "unknown" };
  return { ...reading, signals: [...always, right, ...reading.signals], keptPromise: true };
}

/** Stops what would run in a permission mode that breaks the promise of `--approvals`, and reports the mode. */
function refuseMode(event: string, { body, detail }: { body: HookCall["body"]; detail: string }): HookReading {
  const blocked: Signal = { kind: "blocked", on: "permission", label: "permission", detail };
  switch (event) {
    case "UserPromptSubmit":
      return {
        signals: [{ kind: "turn_started" }, { kind: "turn_ending", outcome: "failed", detail }, blocked],
        reply: { decision: "block", reason: `harnex: ${detail}` },
        prompt: textOf(body["prompt"]) ?? "",
      };
    case "PreToolUse": {
      const denied = { permissionDecision: "deny", permissionDecisionReason: `harnex: ${detail}` };
      return { signals: [blocked], reply: { hookSpecificOutput: { hookEventName: event, ...denied } } };
    }
    case "PermissionRequest": {
      const decision = { behavior: "deny", message: `harnex: ${detail}` };
      return { signals: [blocked], reply: { hookSpecificOutput: { hookEventName: event, decision } } };
    }
    default:
      return { signals: [blocked], reply: {} };
  }
}

function readEvent(event: string, body: HookCall["body"], approvals: ApprovalPolicy): HookReading {
  const said = textOf(body["last_assistant_message"]);
  switch (event) {
    case "UserPromptSubmit":
      return { signals: [{ kind: "turn_started" }], reply: {}, prompt: textOf(body["prompt"]) ?? "" };
    case "Stop": {
      // While background tasks run the turn is not over: the agent goes on by itself when they end.
      const tasks = body["background_tasks"];
      if (Array.isArray(tasks) && tasks.length > 0) return { signals: [], reply: {} };
      return {
        signals: [{ kind: "turn_ending", outcome: "completed", ...(said === undefined ? {} : { lastMessage: said }) }],
        reply: {},
      };
    }
    case "StopFailure": {
      const error = textOf(body["error"]) ?? "unknown";
      return {
        signals: [{ kind: "turn_ending", outcome: "failed", detail: said === undefined ? error : `${error}: ${said}` }],
        reply: {},
      };
    }
    case "SessionEnd":
      return { signals: body["reason"] === "clear" ? [{ kind: "cleared" }] : [], reply: {} };
    case "PermissionRequest":
      return answerPermission(body, approvals);
    default:
      return { signals: [], reply: {} };
  }
}

function answerPermission(body: HookCall["body"], approvals: ApprovalPolicy): HookReading {
  const tool = textOf(body["tool_name"]) ?? "a tool";
  if (approvals === "ask" || QUESTIONS.includes(tool)) return { signals: [], reply: {} };
  const input = fieldsOf(body["tool_input"]);
  const command = textOf(input["command"]);
  const path = textOf(input["file_path"]);
  const decision = approvals === "auto"
    ? { behavior: "allow" }
    : { behavior: "deny", message: "denied: this session was started with --approvals deny" };
  return {
    signals: [{
      kind: "approval",
      approval: tool,
      ...(command === undefined ? {} : { command }),
      ...(path === undefined ? {} : { path }),
      decision: approvals === "auto" ? "accept" : "decline",
      by: "policy",
    }],
    reply: { hookSpecificOutput: { hookEventName: "PermissionRequest", decision } },
  };
}

/** `sessions/<pid>.json` in Claude Code's own directory, where 2.1.197 keeps its state. */
export const sessionFile: StateFileReader = {
  path({ pid, env }) {
    const own = env["CLAUDE_CONFIG_DIR"];
    const folder = own !== undefined && own !== "" ? own : `${env["HOME"] ?? ""}/.claude`;
    return `${folder}/sessions/${pid}.json`;
  },
  read(text, agent): ClaudeSignal {
    const unclear: ClaudeSignal = { kind: "unclear", label: "unknown" };
    // In the middle of a write it is no JSON; the next change shows all of it.
    const file = parseObject(text) ?? {};
    // A killed Claude Code leaves its file behind; the start time identifies the process.
    if (file["pid"] !== agent.pid || String(file["procStart"]) !== agent.start) return unclear;
    const changed = file["statusUpdatedAt"];
    switch (file["status"]) {
      case "idle":
        return { kind: "ready", label: "prompt", ...(typeof changed === "number" ? { since: changed } : {}) };
      case "busy":
        return { kind: "working", label: "session" };
      case "shell":
        return { kind: "working", label: "session", background: true };
      case "waiting":
        return {
          kind: "blocked",
          on: file["waitingFor"] === "permission prompt" ? "permission" : "choice",
          label: file["waitingFor"] === "permission prompt" ? "permission" : "confirmation",
          detail: textOf(file["waitingFor"]) ?? "waiting",
        };
      default:
        return unclear;
    }
  },
};
