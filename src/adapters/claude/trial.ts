/**
 * The trial of Claude Code (2.1.197): a home that is past its first start, a key that opens nothing, and no other
 * network traffic than the model's. Pure.
 */

import type { Trial } from "../../model/trial.ts";

/** Any text of this shape will do. */
const DUMMY_KEY = "sk-ant-api03-dummy-0123456789abcdefghij";
/** Claude Code remembers an approved key by its last 20 characters. */
const KEY_TAIL = 20;

const QUESTION = {
  questions: [{
    question: "Which colour?",
    header: "Colour",
    multiSelect: false,
    options: [{ label: "Red", description: "warm" }, { label: "Blue", description: "cold" }],
  }],
};

export const CLAUDE_TRIAL: Trial = {
  dialect: "messages",
  args: [],
  prepare({ home, project, modelUrl, boot }) {
    const config = `${home}/.claude`;
    // Otherwise it looks for its real service, whatever the base URL, and exits if it cannot reach it.
    const state = {
      hasCompletedOnboarding: true,
      customApiKeyResponses: { approved: [DUMMY_KEY.slice(-KEY_TAIL)], rejected: [] },
      ...(boot === "done" ? { projects: { [project]: { hasTrustDialogAccepted: true } } } : {}),
    };
    const settings = boot === "done" ? { skipDangerousModePermissionPrompt: true } : {};
    return {
      files: [
        { path: `${config}/.claude.json`, text: JSON.stringify(state) },
        { path: `${config}/settings.json`, text: JSON.stringify(settings) },
      ],
      env: {
        CLAUDE_CONFIG_DIR: config,
        ANTHROPIC_BASE_URL: modelUrl,
        ANTHROPIC_API_KEY: DUMMY_KEY,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        CLAUDE_CODE_MAX_RETRIES: "1",
        DISABLE_AUTOUPDATER: "1",
        DISABLE_TELEMETRY: "1",
        DISABLE_ERROR_REPORTING: "1",
        // As root it refuses its bypass mode otherwise.
        IS_SANDBOX: "1",
      },
    };
  },
  bootDialog: { on: "trust", yes: /^Yes/ },
  shell: (command) => ({ kind: "tool", name: "Bash", input: { command, description: "Runs what the probe asks for" } }),
  leaveRunning: (command) => `nohup ${command} > /dev/null 2>&1 &`,
  question: { reply: { kind: "tool", name: "AskUserQuestion", input: QUESTION }, choice: "Blue" },
  turnEndsBy: "hook",
  version: /\bclaude-cli\/(\d+(?:\.\d+)+)/,
};
