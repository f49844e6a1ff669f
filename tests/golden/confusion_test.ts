/**
 * What every recorded screen means, by hand, against what the adapters read from it. `unknown` may stand for any
 * state; anything else that is not what a person says is wrong. Prints the confusion table.
 */

import { codexTui } from "../../src/adapters/codex_tui.ts";
import { findScreenAdapter } from "../../src/adapters/mod.ts";
import type { ScreenSignal } from "../../src/transports/agent_process.ts";
import type { Screen } from "../../src/transports/screen.ts";
import { deepEqual, ok } from "../support/assert.ts";
import { drawRecorded, readRecorded } from "../support/recorded_screen.ts";

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

const IN_FOLDERS = { claude: CLAUDE, gemini: GEMINI, opencode: OPENCODE } as const;

/** Files of `codex/screens/`; a streaming answer looks like a prompt there, so only its report tells. */
const CODEX: Readonly<Record<State, readonly string[]>> = {
  prompt: ["idle", "interrupted", "failed", "big_paste", "draft", "no_question"],
  busy: ["shell_running", "retrying"],
  blocked: ["login", "trust", "model_migration", "approve_command", "approve_patch"],
  unknown: [],
};

interface Reading {
  screen: string;
  is: State;
  seen: State;
}

async function readFolders([agent, labels]: [string, Readonly<Record<State, readonly string[]>>]): Promise<Reading[]> {
  const { behaviour } = await findScreenAdapter(agent);
  const readings: Reading[] = [];
  for (const is of STATES) {
    for (const name of labels[is]) {
      const folder = new URL(`./${agent}/${name}/`, import.meta.url);
      const sizes = [...Deno.readDirSync(folder)].flatMap((file) => file.name.match(/^(.*)\.json$/)?.[1] ?? []);
      for (const size of sizes) {
        const { kind } = behaviour.fromScreen(await drawRecorded(await readRecorded(folder, size)));
        readings.push({ screen: `${agent} ${name} ${size}`, is, seen: AS_STATE[kind] });
      }
    }
  }
  return readings;
}

async function readCodex(): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const is of STATES) {
    for (const name of CODEX[is]) {
      const text = await Deno.readTextFile(new URL(`./codex/screens/${name}.txt`, import.meta.url));
      const rows = text.split("\n").map((row) => row.trimEnd());
      const screen: Screen = {
        rows: rows.length,
        columns: 110,
        text: rows,
        solid: rows,
        cursor: { row: 0, column: 0, visible: true },
        title: "project",
        agentReport: undefined,
        bracketedPaste: true,
        alternate: false,
      };
      readings.push({ screen: `codex ${name}`, is, seen: AS_STATE[codexTui.behaviour.fromScreen(screen).kind] });
    }
  }
  return readings;
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
  const readings = [...(await Promise.all(Object.entries(IN_FOLDERS).map(readFolders))).flat(), ...(await readCodex())];
  console.log(`${readings.length} screens\n${tableOf(readings)}`);
  ok(readings.length >= AT_LEAST, `only ${readings.length} screens`);
  deepEqual(readings.filter(({ is, seen }) => seen !== is && seen !== "unknown"), []);
});

for (const [agent, labels] of Object.entries(IN_FOLDERS)) {
  Deno.test(`every recorded screen of ${agent} has a label`, () => {
    const folders = [...Deno.readDirSync(new URL(`./${agent}/`, import.meta.url))].map(({ name }) => name);
    const labelled = new Set(Object.values(labels).flat());
    deepEqual(folders.filter((name) => name !== "replay" && !labelled.has(name)), []);
  });
}
