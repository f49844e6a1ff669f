/**
 * The hooks that harnex gives to Claude Code, by version, and what it answers when the agent works in a permission mode
 * that was not ordered.
 */

import { fromHook, withHooks } from "../../src/adapters/claude/hooks.ts";
import { keepsPromise } from "../../src/adapters/claude/permissions.ts";
import { FACTS, holds, NEWEST_SEEN, OLDEST_SEEN, takesHook } from "../../src/adapters/claude/versions.ts";
import type { ApprovalPolicy } from "../../src/model/session.ts";
import { compareVersions } from "../../src/model/probe.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";

const URL = "http://127.0.0.1:1/signals";
const VERSIONS = [undefined, "2.0.1", OLDEST_SEEN, "2.1.250", NEWEST_SEEN, "2.2.0"];
const APPROVALS: readonly ApprovalPolicy[] = ["auto", "ask", "deny"];

Deno.test("withHooks() writes only events that the version takes, beside the user's own", () => {
  const user = { hooks: { Stop: [{ hooks: [] }], Notification: "kept" }, model: "opus" };
  for (const version of VERSIONS) {
    for (const approvals of APPROVALS) {
      const { hooks, ...settings } = withHooks(user, { url: URL, approvals, version });
      const { Stop, Notification, ...ours } = Object(hooks);
      const promised = approvals === "auto" ? [] : ["PreToolUse"];
      const expected = ["PermissionRequest", ...promised, "SessionEnd", "StopFailure", "UserPromptSubmit"];
      deepEqual(Object.keys(ours).sort(), expected);
      for (const event of expected) ok(takesHook(event, version), `${event} of ${version}`);
      deepEqual([Stop.length, Stop[1].hooks[0].url, Notification], [2, URL, "kept"]);
      equal(settings["model"], "opus");
    }
  }
});

Deno.test("withHooks() keeps auto mode out of plan mode where a promise needs it", () => {
  const setting = (approvals: ApprovalPolicy, version: string | undefined) =>
    withHooks({}, { url: URL, approvals, version })["useAutoModeDuringPlan"];
  deepEqual(VERSIONS.map((version) => setting("ask", version)), [false, undefined, undefined, false, false, false]);
  deepEqual(VERSIONS.map((version) => setting("auto", version)), VERSIONS.map(() => undefined));
});

Deno.test("takesHook() and holds() know from which version on, and are careful where none is known", () => {
  deepEqual(VERSIONS.map((version) => takesHook("MessageDisplay", version)), [false, false, false, false, true, true]);
  deepEqual(VERSIONS.map((version) => takesHook("NoSuchEvent", version)), VERSIONS.map(() => false));
  deepEqual(VERSIONS.map((version) => holds("autoModeIsDefault", version)), [true, false, false, false, true, true]);
  const whole = VERSIONS.map((version) => holds("longPasteArrivesWhole", version));
  deepEqual(whole, [false, true, true, false, false, false]);
});

Deno.test("FACTS name versions that were seen", () => {
  for (const [name, fact] of Object.entries(FACTS)) {
    for (const version of [Object(fact).since, Object(fact).until]) {
      const within = version === undefined ||
        (compareVersions(version, OLDEST_SEEN) >= 0 && compareVersions(version, NEWEST_SEEN) <= 0);
      ok(within && fact.seen.includes("2.1."), name);
    }
  }
});

const call = (event: string, mode: string | undefined, more: Record<string, unknown> = {}) => ({
  body: { hook_event_name: event, ...(mode === undefined ? {} : { permission_mode: mode }), ...more },
});

Deno.test("fromHook() refuses a prompt and a tool in a mode that breaks the promise, and reports it", () => {
  const context = { approvals: "ask" as const, keptPromise: false };
  const detail = 'Claude Code is in the permission mode "auto", but --approvals ask ordered "default"; ' +
    "attach and press shift+tab until it is in manual mode, then submit the prompt again, or stop the session";
  const blocked = { kind: "blocked", on: "permission", label: "permission", detail };
  deepEqual(fromHook(call("UserPromptSubmit", "auto", { prompt: "hi" }), context), {
    signals: [{ kind: "turn_started" }, { kind: "turn_ending", outcome: "failed", detail }, blocked],
    reply: { decision: "block", reason: `harnex: ${detail}` },
    prompt: "hi",
  });
  deepEqual(fromHook(call("PreToolUse", "auto"), context), {
    signals: [blocked],
    reply: {
      hookSpecificOutput: {
        hookEventName: "PreToolUse",
        permissionDecision: "deny",
        permissionDecisionReason: `harnex: ${detail}`,
      },
    },
  });
  deepEqual(fromHook(call("Stop", "auto"), context), { signals: [blocked], reply: {} });
});

Deno.test("fromHook() reports the right mode once, and leaves later changes to the user", () => {
  const first = fromHook(call("UserPromptSubmit", "default", { prompt: "hi" }), {
    approvals: "ask",
    keptPromise: false,
  });
  deepEqual(first, {
    signals: [{ kind: "unclear", label: "unknown" }, { kind: "turn_started" }],
    reply: {},
    prompt: "hi",
    keptPromise: true,
  });
  const later = fromHook(call("PreToolUse", "acceptEdits"), { approvals: "ask", keptPromise: true });
  deepEqual(later, { signals: [], reply: {} });
});

Deno.test("fromHook() takes a call without a mode for no evidence of one", () => {
  const reading = fromHook(call("SessionEnd", undefined, { reason: "clear" }), {
    approvals: "ask",
    keptPromise: false,
  });
  deepEqual(reading, { signals: [{ kind: "cleared" }], reply: {} });
});

Deno.test("keepsPromise() holds for every mode under auto, and for no unknown one under ask and deny", () => {
  const modes = ["default", "manual", "plan", "dontAsk", "acceptEdits", "auto", "bypassPermissions", "new", "toString"];
  const kept = (approvals: ApprovalPolicy) => modes.filter((mode) => keepsPromise(mode, approvals));
  deepEqual(kept("auto"), modes);
  deepEqual(kept("ask"), ["default", "manual", "plan"]);
  deepEqual(kept("deny"), ["default", "manual", "plan", "dontAsk"]);
});
