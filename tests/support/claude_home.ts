/**
 * A HOME for the real Claude Code (2.1.197) that talks to nobody but the mock. Never reads or writes the real one.
 */

import { join } from "node:path";

/** Any text of this shape will do; it opens nothing. */
const DUMMY_KEY = "sk-ant-api03-dummy-0123456789abcdefghij";
/** Claude remembers an approved key by its last 20 characters. */
const KEY_TAIL = 20;

/** What Claude goes through at boot, in this order, unless the home says that it was done. */
export type BootDialog = "onboarding" | "trust" | "api-key" | "bypass";

export interface ClaudeHomeOptions {
  /** the folder in which HOME and the working directory are made */
  directory: string;
  /** base URL of the mock */
  url: string;
  /** dialogs that are still to be answered; none by default, so that it starts at its prompt */
  pending?: readonly BootDialog[];
  /** what the person has in the settings */
  settings?: Readonly<Record<string, unknown>>;
  /** `impossible`: Claude cannot write them, so nobody can read them */
  sessionFiles?: "kept" | "impossible";
  /** PATH for the agent */
  path: string;
}

export interface ClaudeHome {
  home: string;
  cwd: string;
  /** the whole environment for the agent */
  env: Readonly<Record<string, string>>;
}

export async function makeClaudeHome(options: ClaudeHomeOptions): Promise<ClaudeHome> {
  const { directory, url, pending = [], path } = options;
  const home = join(directory, "home");
  const config = join(home, ".claude");
  const cwd = join(directory, "project");
  await Deno.mkdir(config, { recursive: true, mode: 0o700 });
  await Deno.mkdir(cwd, { recursive: true });
  const state: Record<string, unknown> = {};
  // Otherwise it looks for its real service, whatever the base URL, and exits when it cannot reach it.
  if (!pending.includes("onboarding")) state["hasCompletedOnboarding"] = true;
  if (!pending.includes("api-key")) {
    state["customApiKeyResponses"] = { approved: [DUMMY_KEY.slice(-KEY_TAIL)], rejected: [] };
  }
  if (!pending.includes("trust")) state["projects"] = { [cwd]: { hasTrustDialogAccepted: true } };
  await writeJson(join(config, ".claude.json"), state);
  const accepted = pending.includes("bypass") ? {} : { skipDangerousModePermissionPrompt: true };
  await writeJson(join(config, "settings.json"), { ...accepted, ...recordedHooks(home), ...options.settings });
  // A file where the folder would be; permissions would not stop root.
  if (options.sessionFiles === "impossible") await Deno.writeTextFile(join(config, "sessions"), "");
  const env = {
    HOME: home,
    CLAUDE_CONFIG_DIR: config,
    PATH: path,
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: DUMMY_KEY,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_MAX_RETRIES: "1",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_ERROR_REPORTING: "1",
    // As root it refuses its bypass mode otherwise.
    IS_SANDBOX: "1",
  };
  return { home, cwd, env };
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(value), { mode: 0o600 });
}

/** Events that every tested version knows; an unknown one would open a dialog. */
const RECORDED_HOOKS = [
  "SessionStart",
  "UserPromptSubmit",
  "PreToolUse",
  "PostToolUse",
  "Notification",
  "Stop",
  "SessionEnd",
];

/** With `HARNEX_KEEP_HOOKS`, a failed test that runs once more leaves its hook calls in `hook-calls.jsonl`. */
function recordedHooks(home: string): Readonly<Record<string, unknown>> {
  if (!Deno.env.get("HARNEX_KEEP_HOOKS")) return {};
  const command = `{ cat; echo; } >> '${join(home, "hook-calls.jsonl")}'`;
  return {
    hooks: Object.fromEntries(RECORDED_HOOKS.map((event) => [event, [{ hooks: [{ type: "command", command }] }]])),
  };
}
