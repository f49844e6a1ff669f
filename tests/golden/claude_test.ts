/**
 * What harnex sees of Claude Code 2.1.197: recorded screens at several sizes, and raw sessions played through the
 * terminal emulator. `tmux-*` were captured by tmux, the others by the emulator itself. After a change that is meant:
 * `UPDATE_GOLDEN=1 deno test -A tests/golden/claude_test.ts`, then read the diff.
 */

import { claude } from "../../src/adapters/claude/claude.ts";
import { createEmulator } from "../../src/transports/terminal/emulator.ts";
import type { Screen } from "../../src/transports/terminal/screen.ts";
import * as assert from "../support/assert.ts";
import { drawRecorded, readRecorded, type RecordedScreen } from "../support/recorded_screen.ts";

const ROOT = new URL("./claude/", import.meta.url);
const { behaviour } = claude;
const updating = Deno.env.get("UPDATE_GOLDEN") === "1";

function names(directory: URL, suffix: string): string[] {
  const found = [...Deno.readDirSync(directory)].map((entry) => entry.name).filter((name) => name.endsWith(suffix));
  return found.map((name) => name.slice(0, name.length - suffix.length)).sort();
}

function see(screen: Screen): RecordedScreen["expected"] {
  return { signal: behaviour.fromScreen(screen), draft: behaviour.draft(screen) ?? null };
}

for (const state of names(ROOT, "").filter((name) => name !== "replay")) {
  const folder = new URL(`${state}/`, ROOT);
  for (const size of names(folder, ".json")) {
    Deno.test(`claude.fromScreen() reads ${state} at ${size}`, async () => {
      const recorded = await readRecorded(folder, size);
      const screen = await drawRecorded(recorded);
      const seen = see(screen);
      if (updating) {
        const { ansi: _ansi, ...kept } = { ...recorded, expected: seen };
        await Deno.writeTextFile(new URL(`${size}.json`, folder), JSON.stringify(kept, null, 2) + "\n");
      }
      assert.deepEqual(seen, (await readRecorded(folder, size)).expected);
    });
  }
  for (const size of names(folder, ".txt")) {
    Deno.test(`emulator.screen() shows the same text as tmux for ${state}`, async () => {
      const text = await Deno.readTextFile(new URL(`${size}.txt`, folder));
      const screen = await drawRecorded(await readRecorded(folder, size));
      assert.deepEqual(screen.text.join("\n").trimEnd(), text.trimEnd());
    });
  }
}

/** Claude 2.1.197 begins each redraw by going left and down from where it parked the cursor in its input box. */
const ESCAPE = "\x1b";
const REDRAW = new RegExp(`(?=${ESCAPE}\\[\\d+D${ESCAPE}\\[\\d+B)`);

/** The signals of a recorded session after each redraw, repeats left out. */
async function replay(name: string): Promise<string[]> {
  // One character a byte, so that pieces are cut where the agent's own writes may end.
  const bytes = await Deno.readFile(new URL(`replay/${name}.raw`, ROOT));
  const stream = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  using emulator = await createEmulator({ rows: 40, columns: 120 });
  const seen: string[] = [];
  for (const redraw of stream.split(REDRAW)) {
    await emulator.write(Uint8Array.from(redraw, (character) => character.charCodeAt(0)));
    const signal = behaviour.fromScreen(emulator.screen());
    const told = [signal.kind, signal.label, "detail" in signal ? `…${signal.detail.slice(-40)}` : ""];
    if (told.join(" ").trimEnd() !== seen.at(-1)) seen.push(told.join(" ").trimEnd());
  }
  return seen;
}

for (const name of names(new URL("replay/", ROOT), ".raw")) {
  Deno.test(`claude recording ${name}: signals are as expected`, async () => {
    const file = new URL(`replay/${name}.json`, ROOT);
    const seen = await replay(name);
    if (updating) await Deno.writeTextFile(file, JSON.stringify(seen, null, 2) + "\n");
    assert.deepEqual(seen, JSON.parse(await Deno.readTextFile(file)));
  });
}

const at = async (state: string, size: string) => drawRecorded(await readRecorded(new URL(`${state}/`, ROOT), size));
const keyNames = (keys: ReturnType<typeof behaviour.keysFor>) =>
  keys.filter((key) => key.kind !== "pause" && key.kind !== "see").map((key) => key.kind === "key" ? key.key : "text" in key ? key.text : "");

Deno.test("claude.keysToAnswer() picks by digit what was asked for, whichever entry is marked", async () => {
  const answers = async (state: string) => {
    const screen = await at(state, "80x24");
    const { keysToAnswer = () => undefined } = behaviour;
    return {
      approve: keysToAnswer(screen, { kind: "approve" })?.map((key) => "text" in key ? key.text : key.kind),
      deny: keysToAnswer(screen, { kind: "deny" })?.map((key) => "text" in key ? key.text : key.kind),
    };
  };
  const seen: Record<string, unknown> = {};
  for (const state of ["trust", "apikey", "bypass-warning", "permission-bash", "permission-fetch", "question", "idle"]) {
    seen[state] = await answers(state);
  }
  assert.deepEqual(seen, {
    "trust": { approve: ["1"], deny: ["2"] },
    "apikey": { approve: ["1"], deny: ["2"] },
    "bypass-warning": { approve: ["2"], deny: ["1"] },
    "permission-bash": { approve: ["1"], deny: ["3"] },
    "permission-fetch": { approve: ["1"], deny: ["3"] },
    "question": { approve: undefined, deny: undefined },
    "idle": { approve: undefined, deny: undefined },
  });
});

Deno.test("claude.keysToAnswer() picks a choice by its label, and goes on where several may be picked", async () => {
  const { keysToAnswer = () => undefined } = behaviour;
  const blue = { kind: "choice", label: "Blue" } as const;
  const olives = { kind: "choice", label: "Olives" } as const;
  assert.deepEqual(keysToAnswer(await at("question", "80x24"), blue), [{ kind: "text", text: "2" }]);
  assert.deepEqual(keysToAnswer(await at("question", "80x24"), olives), undefined);
  assert.deepEqual(keyNames(keysToAnswer(await at("question-several", "50x24"), olives) ?? []), ["2", "\x1b[C"]);
});

Deno.test("claude.keysToStop() never presses Enter outside the input box", async () => {
  const seen: Record<string, readonly string[]> = {};
  for (
    const state of ["idle", "busy", "busy-draft", "draft-lookalike", "permission-bash", "help", "shell-mode", "trust"]
  ) {
    seen[state] = keyNames(behaviour.keysToStop(await at(state, "80x24")));
  }
  assert.deepEqual(seen, {
    "idle": ["/exit", "enter"],
    "busy": ["/exit", "enter"],
    "busy-draft": ["ctrl-c", "ctrl-c", "ctrl-c", "ctrl-c"],
    "draft-lookalike": ["ctrl-c", "/exit", "enter"],
    "permission-bash": ["escape", "ctrl-c", "ctrl-c"],
    "help": ["escape", "ctrl-c", "ctrl-c"],
    "shell-mode": ["escape", "ctrl-c", "ctrl-c"],
    "trust": ["escape", "ctrl-c", "ctrl-c"],
  });
});

Deno.test("claude.keysToInterrupt() leaves vim's insert mode first", async () => {
  assert.deepEqual(keyNames(behaviour.keysToInterrupt(await at("busy", "80x24"))), ["escape"]);
  assert.deepEqual(keyNames(behaviour.keysToInterrupt(await at("vim-busy", "80x24"))), ["escape", "escape"]);
});
