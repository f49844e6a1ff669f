/**
 * What every recorded screen means, by hand, against what the adapters read from it. `unknown` may stand for any
 * state; anything else that is not what a person says is wrong. Prints the confusion table.
 */

import type { ScreenSignal } from "../../src/transports/agent_process.ts";
import { AGENTS } from "../../src/adapters/mod.ts";
import { listAgentScreens } from "../support/agent_screens.ts";
import { deepEqual, ok } from "../support/assert.ts";

const STATES = ["prompt", "busy", "blocked", "unknown"] as const;
type State = (typeof STATES)[number];

const AS_STATE: Readonly<Record<ScreenSignal["kind"], State>> = {
  ready: "prompt",
  working: "busy",
  blocked: "blocked",
  unclear: "unknown",
};
/** Fewer would say little. */
const AT_LEAST = 60;

/** Folders of `claude/`. What is `unknown` here would not take a message, and asks nobody anything. */
const CLAUDE: Readonly<Record<State, readonly string[]>> = {
  prompt: [
    ...["conversation-busy-words", "conversation-lookalike", "ctrlc-once", "done", "draft-lookalike", "error", "idle"],
    ...["idle-bypass", "idle-draft", "idle-named", "idle-named-long", "idle-plan", "interrupted", "slash-menu"],
    "vim-insert",
  ],
  busy: [
    ...["busy", "busy-draft", "busy-named", "busy-named-long", "busy-queued", "busy-tasks", "busy-tool", "retrying"],
    "vim-busy",
  ],
  blocked: [
    ...["apikey", "bypass-warning", "connfail", "model", "not-logged-in", "onboarding-security", "onboarding-theme"],
    ...["permission-bash", "permission-edit", "permission-fetch", "permission-write", "plan-exit", "question"],
    ...["question-review", "question-second", "question-several", "trust"],
  ],
  unknown: ["exited", "help", "shell-mode", "transcript"],
};

/**
 * Folders of `gemini/`; in its shell mode a message would be run as a command, and at boot its box stands there before
 * it asks whether to trust the folder.
 */
const GEMINI: Readonly<Record<State, readonly string[]>> = {
  prompt: [
    ...["conversation-lookalike", "ctrlc-once", "done", "done-draft", "failed", "idle", "idle-draft", "interrupted"],
    ...["permission-denied", "shortcuts", "slash-menu"],
  ],
  busy: ["busy", "busy-draft"],
  blocked: ["api-key", "auth", "permission", "trust"],
  unknown: ["boot", "shell-mode"],
};

/** Folders of `opencode/`. */
const OPENCODE: Readonly<Record<State, readonly string[]>> = {
  prompt: [
    ...["conversation-lookalike", "done", "done-draft", "failed", "idle", "idle-draft", "interrupted"],
    ...["permission-denied", "slash-menu", "tool-done"],
  ],
  busy: ["busy", "busy-draft", "busy-escape-once"],
  blocked: ["permission", "permission-always", "permission-back", "permission-second"],
  unknown: ["palette", "shell-mode"],
};

/** Files of `codex/screens/`; a streaming answer looks like a prompt there, so only its report tells. */
const CODEX: Readonly<Record<State, readonly string[]>> = {
  prompt: ["idle", "interrupted", "failed", "big_paste", "draft", "no_question"],
  busy: ["shell_running", "retrying"],
  blocked: ["login", "trust", "model_migration", "approve_command", "approve_patch"],
  unknown: ["warnings"],
};

const LABELS: Readonly<Record<string, Readonly<Record<State, readonly string[]>>>> = { claude: CLAUDE, gemini: GEMINI, opencode: OPENCODE, codex: CODEX };

interface Reading {
  screen: string;
  is: State;
  seen: State;
}

/** Every labelled screen, as it is read. */
async function listReadings(): Promise<Reading[]> {
  const labels = new Map(
    Object.entries(LABELS).flatMap(([agent, states]) =>
      STATES.flatMap((is) => states[is].map((name) => [`${agent} ${name}`, is] as const))
    ),
  );
  return (await listAgentScreens()).flatMap(({ agent, state, part, behaviour, screen }) => {
    const is = labels.get(`${agent} ${state}`);
    return is === undefined
      ? []
      : [{ screen: `${agent} ${state} ${part}`, is, seen: AS_STATE[behaviour.fromScreen(screen).kind] }];
  });
}

function tableOf(readings: readonly Reading[]): string {
  const header = ["is \\ seen", ...STATES];
  const rows = STATES.map((is) => [
    is,
    ...STATES.map((seen) => String(readings.filter((one) => one.is === is && one.seen === seen).length)),
  ]);
  return [header, ...rows].map((row) => row.map((cell) => cell.padStart(10)).join("")).join("\n");
}

Deno.test("no recorded screen is taken for what it is not", async () => {
  const readings = await listReadings();
  console.log(`${readings.length} screens\n${tableOf(readings)}`);
  ok(readings.length >= AT_LEAST, `only ${readings.length} screens`);
  deepEqual(readings.filter(({ is, seen }) => seen !== is && seen !== "unknown"), []);
});

/** Not labelled: whole sessions of the Codex TUI hold many screens each; of a streaming answer see `CODEX`. */
const UNLABELLED = [
  "streaming",
  ...[...Deno.readDirSync(new URL("./codex/tui/", import.meta.url))].map(({ name }) => name.split(".")[0] ?? ""),
];

for (const agent of AGENTS.names) {
  Deno.test(`every recorded screen of ${agent} has a label`, async () => {
    const screens = (await listAgentScreens()).filter((one) => one.agent === agent);
    ok(screens.length > 0, "there are none");
    const labelled = new Set(Object.values(LABELS[agent] ?? {}).flat());
    const states = new Set(screens.map(({ state }) => state).filter((state) => !UNLABELLED.includes(state)));
    deepEqual([...states].filter((state) => !labelled.has(state)), []);
  });
}
