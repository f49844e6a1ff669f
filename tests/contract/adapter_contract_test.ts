/**
 * What every adapter that reads a screen must keep, whatever its agent. It runs for each agent that harnex
 * knows, for their other transports and for a generic program. `FC_SEED=n` repeats a failure.
 */

import fc from "fast-check";
import type { LaunchRequest, PtyAdapter } from "../../src/adapters/adapter.ts";
import { AGENTS } from "../../src/adapters/mod.ts";
import type { Keystroke, ScreenSignal } from "../../src/transports/agent_process.ts";
import { createEmulator } from "../../src/transports/terminal/emulator.ts";
import type { Screen } from "../../src/transports/terminal/screen.ts";
import * as assert from "../support/assert.ts";
import { drawRecorded, readRecorded } from "../support/recorded_screen.ts";

const REQUEST: LaunchRequest = { args: [], cwd: "/", approvals: "auto", trust: false, env: {}, isRoot: false };
const SEED = Number(Deno.env.get("FC_SEED") ?? Date.now() % 1_000_000);
const RUNS = { seed: SEED, numRuns: 100, interruptAfterTimeLimit: 20_000 };

/** The adapters that read a screen, of every agent and of a program that harnex does not know. */
async function ptyAdapters(): Promise<PtyAdapter[]> {
  return await Promise.all([...AGENTS.names, "some-program"].map((name) => AGENTS.findScreen(name)));
}

/** Pieces of real interfaces and of nothing, so that random screens come close to meaning something. */
const PIECES = [
  "❯ ",
  "› ",
  "> ",
  "! ",
  "1. Yes",
  "❯ 1. Yes\r\n  2. No",
  "Do you want to proceed?",
  "Esc to cancel",
  "esc to interrupt",
  "✻ Brewing… (3s)",
  "─".repeat(30),
  "│ > │",
  "word ",
  "世界",
  "\r\n",
  "\x1b[2m",
  "\x1b[0m",
  "\x1b[H",
  "\x1b[5;1H",
  "\x1b[A",
  "\x1b[?25l",
  "\x1b[?1049h",
  "\x1b]0;title\x07",
  "\x1b]7501;state=idle:app=codex\x1b\\",
];
/** Of the report among them. */
const REPORT_OSC = 7501;

const randomScreen = fc.record({
  pieces: fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "binary", maxLength: 8 })), {
    maxLength: 40,
  }),
  rows: fc.integer({ min: 1, max: 60 }),
  columns: fc.constantFrom(2, 20, 30, 50, 80, 200),
});

async function draw(pieces: readonly string[], rows: number, columns: number): Promise<Screen> {
  using emulator = await createEmulator({ rows, columns, reportOsc: REPORT_OSC });
  await emulator.write(new TextEncoder().encode(pieces.join("")));
  return emulator.screen();
}

function problemWith(signal: ScreenSignal): string | undefined {
  if (signal.label === "") return "the label is empty";
  if (signal.kind !== "blocked") return undefined;
  if (signal.choices?.some((choice) => choice === "")) return "a choice is empty";
  return signal.choices?.length === 0 ? "there are no choices" : undefined;
}

function bytesTyped(keys: readonly Keystroke[]): string {
  return keys.map((key) => "text" in key ? key.text : "").join("");
}

for (const { name, behaviour, plan } of await ptyAdapters()) {
  const title = name === "some-program" ? "generic" : name;

  Deno.test(`${title}: any screen gives an answer, the same one each time, and a label`, async () => {
    await fc.assert(
      fc.asyncProperty(randomScreen, async ({ pieces, rows, columns }) => {
        const screen = await draw(pieces, rows, columns);
        const before = structuredClone(screen);
        const look = () => ({
          signal: behaviour.fromScreen(screen),
          draft: behaviour.draft(screen),
          stop: behaviour.keysToStop(screen),
          interrupt: behaviour.keysToInterrupt(screen),
          approve: behaviour.keysToAnswer?.(screen, { kind: "approve" }),
        });
        const first = look();
        assert.deepEqual(look(), first, "asked twice");
        assert.deepEqual(screen, before, "the screen itself");
        assert.equal(problemWith(first.signal), undefined);
      }),
      RUNS,
    );
  });

  Deno.test(`${title}: noise is never ready, working or blocked`, async () => {
    const noise = fc.array(fc.constantFrom(..."abc xyz0123;,.(){}│┃═*\r\n\t"), { maxLength: 600 });
    await fc.assert(
      fc.asyncProperty(noise, fc.integer({ min: 2, max: 60 }), async (letters, rows) => {
        const { kind } = behaviour.fromScreen(await draw(letters, rows, 80));
        assert.equal(kind, "unclear");
      }),
      RUNS,
    );
  });

  Deno.test(`${title}: an empty screen of any size is not ready`, async () => {
    for (const [rows, columns] of [[1, 2], [24, 50], [24, 80], [60, 200]] as const) {
      assert.equal(behaviour.fromScreen(await draw([], rows, columns)).kind, "unclear", `${columns}×${rows}`);
    }
  });

  Deno.test(`${title}: typing a message never submits it, and no message can type keys`, async () => {
    const screen = await draw([], 24, 80);
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom("\x1b[201~", "\x1b[20", "1~", "\r", "\n", "/", "!", "@a", "\x1b"), { maxLength: 12 })
        .map(
          (pieces) => pieces.join(""),
        ),
    );
    await fc.assert(
      fc.asyncProperty(texts, (text) => {
        const keys = behaviour.keysFor(text, screen);
        assert.equal(keys.some((key) => key.kind === "key"), false, "a key is pressed");
        const controls = [...bytesTyped(keys)].filter((letter) => letter < " " && letter !== "\n" && letter !== "\t");
        assert.deepEqual(controls, []);
        return Promise.resolve();
      }),
      RUNS,
    );
  });

  Deno.test(`${title}: keeps the words of a message`, async () => {
    const screen = await draw([], 24, 80);
    for (const text of ["plain", "two\nlines", "  tab\there", "naïve 世界 👍🏽", "#tag @file.ts", "x".repeat(20_000)]) {
      assert.equal(bytesTyped(behaviour.keysFor(text, screen)).includes(text), true, text.slice(0, 40));
    }
  });

  Deno.test(`${title}: plan() keeps every word of the user in order, and puts the context last`, () => {
    const args = ["--flag", "value", "a b", ""];
    const { argv, contextInArgv } = plan({ ...REQUEST, args, context: "[harnex session id=x] do it" });
    assert.deepEqual(argv.filter((word) => args.includes(word)), args);
    if (contextInArgv) assert.equal(argv.at(-1), "[harnex session id=x] do it");
    assert.equal(plan({ ...REQUEST, args }).contextInArgv, false);
  });

  Deno.test(`${title}: says how late its own reports may be, if and only if it has hooks or a state file`, () => {
    const reports = behaviour.fromHook !== undefined || behaviour.stateFile !== undefined;
    assert.equal(behaviour.policy.reports !== undefined, reports);
  });

  Deno.test(`${title}: policy, graces and typing are bounded`, () => {
    const { policy: { settleBy: _settleBy, reports = {}, ...screen }, graces } = behaviour;
    const { pasteLimits = { characters: 1, lineBreaks: 0 }, ...typing } = behaviour.typing;
    const times: [string, number][] = Object.entries({ ...screen, ...reports, ...graces, ...typing });
    assert.deepEqual(times.filter(([, ms]) => !(ms >= 0 && ms <= 10_000)), []);
    assert.deepEqual([pasteLimits.characters > 0, pasteLimits.lineBreaks >= 0], [true, true]);
  });
}

Deno.test("claude: one row that is missing or drawn over never makes a working or blocked screen ready", async () => {
  const folder = (state: string) => new URL(`../golden/claude/${state}/`, import.meta.url);
  const { behaviour } = await AGENTS.findScreen("claude");
  const wrong: string[] = [];
  for (const state of ["busy", "busy-draft", "permission-bash", "permission-fetch", "question", "trust", "plan-exit"]) {
    const recorded = await readRecorded(folder(state), "80x24");
    for (let row = 0; row < recorded.ansi.length; row++) {
      // The status line and the footer say the same; a draft hides the footer, and then the status line is all there is.
      if (state === "busy-draft" && recorded.ansi[row]?.includes("…")) continue;
      const ansi = recorded.ansi.with(row, "");
      if (behaviour.fromScreen(await drawRecorded({ ...recorded, ansi })).kind === "ready") {
        wrong.push(`${state} ${row}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});
