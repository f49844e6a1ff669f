/**
 * Recorded screens, damaged at random: what is left of a question is never taken for a prompt, what stands in a
 * conversation never for anything, nothing makes an adapter fail, and no stop says yes.
 */

import fc from "fast-check";
import { createGenericAdapter } from "../../src/adapters/generic.ts";
import type { PtyBehaviour, ScreenSignal } from "../../src/transports/agent_process.ts";
import type { Screen } from "../../src/transports/terminal/screen.ts";
import { type AgentScreen, listAgentScreens } from "../support/agent_screens.ts";
import { ok } from "../support/assert.ts";
import { fuzz } from "../support/fuzz.ts";

const RUNS = 300;
/** Fewer rows have no room for a conversation above what the agent itself draws. */
const ROWS_WITH_ROOM = 34;
/** Rows above the cursor that belong to an agent's input box and what it tells beside it. */
const BOX_ROWS = 6;
/** A detail is a sentence or a few, and a menu has a handful of entries: whatever the screen, they stay small. */
const DETAIL_LIMIT = 16_000;
const CHOICES_LIMIT = 100;

/** What people and models write about, among it the words that the screens are read by. */
const WORDS = fc.constantFrom(
  ...["> ", "❯ ", "❯ 1. Yes", "  2. No", "esc to interrupt", "✻ Thinking… (3s · esc to interrupt)", "⏺ Done."],
  ...["Do you want to proceed?", "? for shortcuts", "─".repeat(40), "│ >", "日本語", "👩‍👩‍👧", ""],
  ...["› ", "› 1. Yes, proceed (y)", "Press enter to confirm or esc to cancel", "• Working (1s • esc to interrupt)"],
  ...["■ Conversation interrupted", "  GPT-5.5 default · /home/user", "Would you like to run the following command?"],
  ...["  ┃  ", "  ┃  △ Permission required", "⇆ select  enter confirm", "   ■⬝  esc interrupt", "ctrl+p commands"],
  ...["✦ done", "│ Enter Gemini API Key", "│ Do you trust the files in this folder?", "│ ● 1. Yes", "│   2. No", " > "],
);
const ROW = fc.array(fc.oneof(WORDS, fc.string({ maxLength: 20 })), { maxLength: 4 }).map((parts) =>
  // deno-lint-ignore no-control-regex
  parts.join(" ").replaceAll(/[\x00-\x1f\x7f]/g, "?").trimEnd()
);

function check<Values extends [unknown, ...unknown[]]>(name: string, property: fc.IProperty<Values>): void {
  Deno.test(name, () => {
    const run = fc.check(property, fuzz(RUNS));
    ok(
      !run.failed,
      `seed ${run.seed}, path ${run.counterexamplePath}: ${fc.stringify(run.counterexample)}: ${run.errorInstance}`,
    );
  });
}

interface Seen extends AgentScreen {
  name: string;
  is: ScreenSignal["kind"];
  /** its own agent asks something there */
  asks: boolean;
}

const recorded = (await listAgentScreens()).map((one): Seen => {
  const is = one.behaviour.fromScreen(one.screen).kind;
  // Without a login Claude shows its prompt, and one row that says so; without that row nothing else tells.
  return { ...one, name: `${one.state} ${one.part}`, is, asks: is === "blocked" && one.state !== "not-logged-in" };
});
const STRANGER = "a stranger";
const stranger = createGenericAdapter("sh").behaviour;
/** The same screens, shown by a program that harnex knows nothing about; where the cursor is must be known for that. */
const strange = recorded.filter(({ part }) => part !== "text").map((one): Seen => ({
  ...one,
  agent: STRANGER,
  name: `${one.agent} ${one.name}`,
  behaviour: stranger,
  is: stranger.fromScreen(one.screen).kind,
}));
const all = [...recorded, ...strange];
const agents = [...new Set(all.map(({ agent }) => agent))];

/** Adapters may be asked anything about any screen: none of it fails, and what they tell stays small. */
function ask(behaviour: PtyBehaviour, screen: Screen): ScreenSignal["kind"] {
  const signal = behaviour.fromScreen(screen);
  behaviour.draft(screen);
  behaviour.keysToStop(screen);
  behaviour.keysToInterrupt(screen);
  behaviour.keysFor("hello", screen);
  if (signal.kind !== "blocked") return signal.kind;
  ok(signal.detail.length <= DETAIL_LIMIT && (signal.choices ?? []).length <= CHOICES_LIMIT);
  behaviour.keysToAnswer?.(screen, { kind: "approve" });
  behaviour.keysToAnswer?.(screen, { kind: "choice", label: signal.choices?.[0] ?? "" });
  return signal.kind;
}

/**
 * What is left of a question is no prompt, and no Enter is pressed there to stop the agent: it could be a yes. The
 * input line of a stranger may look like anything, so `/exit` and Enter go wherever no menu is certain.
 */
function checkLeft({ agent, name, behaviour }: Seen, screen: Screen, damage: string): void {
  const kind = ask(behaviour, screen);
  ok(kind !== "ready", `${name} ${damage}`);
  if (agent === STRANGER && kind !== "blocked") return;
  const enter = behaviour.keysToStop(screen).some((stroke) => stroke.kind === "key" && stroke.key === "enter");
  ok(!enter, `${name} ${damage}: Enter is pressed`);
}

function mapRows(screen: Screen, change: (row: string, at: number) => string): Screen {
  return { ...screen, text: screen.text.map(change), solid: screen.solid.map(change) };
}

/** As much of the screen as is drawn first. */
function drawnInPart(screen: Screen, part: number): Screen {
  let left = Math.floor(part * screen.text.join("").length);
  const ends = screen.text.map((row) => {
    const end = Math.min(row.length, left);
    left -= end;
    return end;
  });
  return mapRows(screen, (row, at) => row.slice(0, ends[at]).trimEnd());
}

function drawnByRows(screen: Screen, part: number): Screen {
  return mapRows(screen, (row, at) => at < Math.floor(part * screen.rows) ? row : "");
}

/** One of these, by its name in a failure. */
function oneOf(screens: readonly Seen[]): fc.Arbitrary<Seen> {
  ok(screens.length > 0);
  return fc.constantFrom(...screens).map((one) => ({ ...one, [fc.toStringMethod]: () => one.name }));
}

for (const agent of agents) {
  const own = all.filter((one) => one.agent === agent);
  // Codex tells by its title that it is about to ask, while its prompt is still drawn.
  const questions = own.filter(({ asks, is }) => asks && is !== "ready");

  check(
    `a question of ${agent} with rows missing is no prompt, and not stopped by Enter`,
    fc.property(oneOf(questions), fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), (question, holes) => {
      const { screen } = question;
      const rows = holes.map((hole) => hole % screen.rows);
      checkLeft(question, mapRows(screen, (row, at) => rows.includes(at) ? "" : row), `without rows ${rows}`);
    }),
  );

  check(
    `a question of ${agent} that is drawn only in part is no prompt, and not stopped by Enter`,
    fc.property(oneOf(questions), fc.double({ min: 0, max: 1, noNaN: true }), (question, part) => {
      const { agent, screen } = question;
      // A mark at the cursor is all there is to a stranger's prompt, so a menu drawn up to its mark looks like one. That
      // lasts a moment, and a stranger's prompt counts only once its output has been quiet for longer.
      const left = agent === STRANGER ? drawnByRows(screen, part) : drawnInPart(screen, part);
      checkLeft(question, left, `drawn to ${part}`);
    }),
  );

  const withRoom = own.filter(({ is, screen }) => ["ready", "working"].includes(is) && screen.rows >= ROWS_WITH_ROOM);
  check(
    `what stands at the top of a conversation with ${agent} changes nothing`,
    fc.property(oneOf(withRoom), fc.array(ROW, { minLength: 1, maxLength: 3 }), (settled, rows) => {
      const { name, screen, behaviour, is } = settled;
      const kind = ask(behaviour, mapRows(screen, (row, at) => rows[at]?.slice(0, screen.columns) ?? row));
      ok(kind === is || kind === "unclear", `${name} below ${JSON.stringify(rows)}: ${kind}`);
    }),
  );

  check(
    `an answered question that still stands above the input box of ${agent} changes nothing`,
    fc.property(oneOf(withRoom), oneOf(questions), fc.nat(), (settled, question, from) => {
      const { name, screen, behaviour, is, part } = settled;
      const room = (part === "text" ? screen.rows - 2 * BOX_ROWS : screen.cursor.row) - BOX_ROWS;
      const drawn = question.screen.text.filter((row) => row !== "");
      const start = from % Math.max(1, drawn.length - room + 1);
      const above = drawn.slice(start, start + Math.max(0, room));
      const kind = ask(behaviour, mapRows(screen, (row, at) => above[at] ?? row));
      ok(kind === is || kind === "unclear", `${name} below ${question.name} from row ${start}: ${kind}`);
    }),
  );
}

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
  fc.property(SCREEN, (screen) => {
    for (const behaviour of new Set(all.map((one) => one.behaviour))) ask(behaviour, screen);
  }),
);
