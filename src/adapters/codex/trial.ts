/** The trial of Codex (0.169): a home whose only model provider is the mock, without a key. Pure. */

import type { Trial } from "../../model/trial.ts";

/** A model whose metadata Codex has, with the plain shell tool. */
const MODEL = "gpt-5.5";

export const CODEX_TRIAL: Trial = {
  dialect: "responses",
  args: [],
  prepare({ home, modelUrl }) {
    const folder = `${home}/.codex`;
    const config = [
      `model = "${MODEL}"`,
      'model_provider = "probe"',
      "check_for_update_on_startup = false",
      "[model_providers.probe]",
      'name = "probe"',
      `base_url = ${JSON.stringify(`${modelUrl}/v1`)}`,
      'wire_api = "responses"',
      "[notice.model_migrations]",
      `"${MODEL}" = "gpt-6-sol"`,
      "",
    ];
    return { files: [{ path: `${folder}/config.toml`, text: config.join("\n") }], env: { CODEX_HOME: folder } };
  },
  bootDialog: undefined,
  // Inside its sandbox Codex asks nothing.
  shell: (command) => ({
    kind: "tool",
    name: "exec_command",
    input: { cmd: command, sandbox_permissions: "require_escalated", justification: "the probe asks for it" },
  }),
  // 0.169 ends the process group of a command that has exited; `set -m` gives the background its own.
  leaveRunning: (command) => `set -m; nohup ${command} > /dev/null 2>&1 &`,
  question: undefined,
  turnEndsBy: "rpc",
  version: /\/(\d+\.\d+\.\d+)/,
};
