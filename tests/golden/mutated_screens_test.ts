/**
 * Recorded screens, damaged at random: what is left of a question is never taken for a prompt, what stands in a
 * conversation never for anything, and nothing makes an adapter fail.
 */

import fc from "fast-check";
import { claude } from "../../src/adapters/claude.ts";
import { createGenericAdapter } from "../../src/adapters/generic.ts";
import { codexTui } from "../../src/adapters/codex_tui.ts";
import type { ScreenSignal } from "../../src/transports/agent_process.ts";
import type { Screen } from "../../src/transports/screen.ts";
import { ok } from "../support/assert.ts";
import { drawRecorded, type RecordedScreen, readRecorded } from "../support/recorded_screen.ts";

const RUNS = Number(Deno.env.get("HARNEX_FUZZ_RUNS") ?? "300");
/** A detail is a sentence or a few, and a menu has a handful of entries: whatever the screen, they stay small. */
const DETAIL_LIMIT = 16_000;
const CHOICES_LIMIT = 100;

interface Named extends RecordedScreen {
  name: string;
}

async function listRecorded(): Promise<Named[]> {
  const found: Named[] = [];
  const root = new URL("./claude/", import.meta.url);
  for (const { name } of Deno.readDirSync(root)) {
    const folder = new URL(`${name}/`, root);
    for (const file of Deno.readDirSync(folder)) {
      const size = /^(.*)\.json$/.exec(file.name)?.[1];
      if (size !== undefined && name !== "replay") {
        found.push({ name: `${name} ${size}`, ...await readRecorded(folder, size) });
      }
    }
  }
  return found.sort((one, other) => one.name < other.name ? -1 : 1);
}

/** What people and models write about, among it the words that the screen is read by. */
const WORDS = fc.constantFrom(
  ...["> ", "❯ ", "❯ 1. Yes", "  2. No", "esc to interrupt", "✻ Thinking… (3s · esc to interrupt)", "⏺ Done."],
  ...["Do you want to proceed?", "? for shortcuts", "─".repeat(40), "│ >", "\x1b[1mbold\x1b[0m", "日本語", "👩‍👩‍👧", ""],
);
const ROW = fc.array(fc.oneof(WORDS, fc.string({ maxLength: 20 })), { maxLength: 4 }).map((parts) =>
  // deno-lint-ignore no-control-regex
  parts.join(" ").replaceAll(/[\x00-\x1a\x1c-\x1f\x7f]/g, "?")
);

function check<Values extends [unknown, ...unknown[]]>(name: string, property: fc.IAsyncProperty<Values>): void {
  Deno.test(name, async () => {
    const run = await fc.check(property, { numRuns: RUNS });
    ok(
      !run.failed,
      `seed ${run.seed}, path ${run.counterexamplePath}: ${JSON.stringify(run.counterexample)}: ${run.errorInstance}`,
    );
  });
}

const recorded = await listRecorded();
const kindOf = ({ expected }: Named) => expected.signal.kind;
/** Without a login Claude shows its prompt, and one row that says so; without that row nothing else tells. */
const dialogs = recorded.filter(({ name, expected }) =>
  expected.signal.kind === "blocked" && !name.startsWith("not-logged-in")
);
const read = async (screen: Omit<RecordedScreen, "expected">): Promise<ScreenSignal> =>
  claude.behaviour.fromScreen(await drawRecorded(screen));

check(
  "a question of Claude's with rows missing is never a prompt",
  fc.asyncProperty(
    fc.constantFrom(...dialogs),
    fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
    async (screen, holes) => {
      const rows = holes.map((hole) => hole % screen.rows);
      const ansi = screen.ansi.map((row, index) => rows.includes(index) ? "" : row);
      const { kind } = await read({ ...screen, ansi });
      ok(kind !== "ready", `${screen.name} without rows ${rows}: ${kind}`);
    },
  ),
);

check(
  "a question of Claude's that is drawn only in part is never a prompt",
  fc.asyncProperty(
    fc.constantFrom(...dialogs),
    fc.double({ min: 0, max: 1, noNaN: true }),
    async (screen, part) => {
      const drawn = screen.ansi.join("\n");
      const ansi = drawn.slice(0, Math.floor(drawn.length * part)).split("\n");
      const { kind } = await read({ ...screen, ansi });
      ok(kind !== "ready", `${screen.name}, ${part} of it: ${kind}`);
    },
  ),
);

check(
  "what stands at the top of a conversation changes nothing",
  fc.asyncProperty(
    fc.constantFrom(...recorded.filter((screen) => screen.rows >= 40 && ["ready", "working"].includes(kindOf(screen)))),
    fc.array(ROW, { minLength: 1, maxLength: 3 }),
    async (screen, rows) => {
      const ansi = [...rows, ...screen.ansi.slice(rows.length)];
      const { kind } = await read({ ...screen, ansi });
      ok(kind === kindOf(screen) || kind === "unclear", `${screen.name} below ${JSON.stringify(rows)}: ${kind}`);
    },
  ),
);

const SCREEN: fc.Arbitrary<Screen> = fc.record({
  rows: fc.constant(24),
  columns: fc.constant(80),
  text: fc.array(ROW, { minLength: 24, maxLength: 24 }),
  solid: fc.array(ROW, { minLength: 24, maxLength: 24 }),
  cursor: fc.record({ row: fc.nat(23), column: fc.nat(79), visible: fc.boolean() }),
  title: fc.string(),
  agentReport: fc.option(fc.string(), { nil: undefined }),
  bracketedPaste: fc.boolean(),
  alternate: fc.boolean(),
});

check(
  "no screen makes an adapter fail, or say more than a person could read",
  fc.asyncProperty(SCREEN, (screen) => {
    for (const { behaviour } of [claude, codexTui, createGenericAdapter("sh")]) {
      const signal = behaviour.fromScreen(screen);
      behaviour.draft(screen);
      behaviour.keysToStop(screen);
      behaviour.keysToInterrupt(screen);
      behaviour.keysFor("hello", screen);
      if (signal.kind !== "blocked") continue;
      ok(signal.detail.length <= DETAIL_LIMIT && (signal.choices ?? []).length <= CHOICES_LIMIT);
      behaviour.keysToAnswer?.(screen, { kind: "approve" });
      behaviour.keysToAnswer?.(screen, { kind: "choice", label: signal.choices?.[0] ?? "" });
    }
    return Promise.resolve();
  }),
);
