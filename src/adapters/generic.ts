/**
 * The adapter for a terminal program that harnex knows nothing about. The program is at its prompt when the row where a
 * person would type begins with `>`, `›` or `❯`. It never shows work, so a turn ends when the output has settled.
 */

import { HarnexError } from "../model/errors.ts";
import type { Keystroke, PtyBehaviour, ScreenAnswer } from "../transports/agent_process.ts";
import { lastRow, type Screen } from "../transports/terminal/screen.ts";
import type { LabelledSignal, PtyAdapter } from "./adapter.ts";
import { keysToMark, keysToTakeBack, type Menu, readMenu } from "./menu.ts";
import { pasteOf } from "./paste.ts";
import { TYPING } from "./typing.ts";

/** Names of states that this adapter gives besides the common ones. */
const GENERIC_LABELS = ["choice"] as const;

const PROMPT = /^\s*[>›❯]/;
const NUMBERED = /^\s*[>›❯]\s*\d+[.)](?:\s|$)/;
/** Rows, blank ones included, that a program may keep below its input line: a rule, a hint, a status line. */
const MAX_FOOTER_ROWS = 4;
/** The established tool waits 75 ms between `/exit` and Enter; programs that debounce pastes need 100. */
const STOP_PAUSE_MS = 150;
const READY_SETTLE_MS = 300;

const behaviour: PtyBehaviour = {
  // No work shows, so harnex can miss none: quiet output at a prompt is the end of a turn.
  policy: { readySettleMs: READY_SETTLE_MS, settleBy: "output", unseenWorkMs: 0, unexplainedWorkMs: 0 },
  graces: { askMs: 5000, termMs: 2000 },
  typing: TYPING,
  fromScreen,
  draft,
  keysFor: (text) => [pasteOf(text)],
  // The screen does not show whether an Enter was taken, and a second one would run an empty command.
  inputBox: "uncertain",
  keysToInterrupt: () => [{ kind: "key", key: "ctrl-c" }],
  keysToStop,
  keysToAnswer,
};

/** The adapter for the program `name`. */
export function createGenericAdapter(name: string): PtyAdapter {
  return {
    name,
    labels: GENERIC_LABELS,
    transport: "pty",
    behaviour,
    plan({ args, context, model, effort }) {
      refuseUnknown(name, { "--model": model, "--effort": effort });
      const argv = [name, ...args];
      return context === undefined ? { argv, contextInArgv: false } : { argv: [...argv, context], contextInArgv: true };
    },
  };
}

/** Refuses options that this adapter cannot pass on, instead of dropping them. */
function refuseUnknown(name: string, options: Readonly<Record<string, string | undefined>>): void {
  const given = Object.keys(options).find((option) => options[option] !== undefined);
  if (given === undefined) return;
  throw new HarnexError(
    "invalid",
    `${given}: harnex does not know how ${name} takes it; write ${name}'s own option after its name, or give ${name} a profile (harnex guide adapters)`,
  );
}

function fromScreen(screen: Screen): LabelledSignal<(typeof GENERIC_LABELS)[number]> {
  if (promptRow(screen) !== undefined) return { kind: "ready", label: "prompt" };
  const menu = openMenu(screen);
  if (menu === undefined) return { kind: "unclear", label: "unknown" };
  const detail = screen.text.slice(0, menu.first).findLast((row) => row !== "")?.trim() ?? "";
  return { kind: "blocked", on: "choice", label: "choice", detail, choices: menu.choices };
}

/** The row that a person would type in, if it is a prompt. */
function promptRow(screen: Screen): number | undefined {
  const { cursor } = screen;
  const start = startOfLine(screen, cursor.row);
  if (isPrompt(screen, start)) return start;
  // A program with a footer may leave the cursor there. A line-based program also has it below its input line, while it
  // works. So the prompt must be empty, or the cursor hidden by a program that draws its own.
  const last = Math.max(lastRow(screen), cursor.row);
  for (let row = last - 1; row >= Math.max(0, last - MAX_FOOTER_ROWS); row--) {
    if (!isPrompt(screen, row)) continue;
    const below = cursor.row > row && cursor.row <= lastRow(screen);
    const empty = inputOn(screen, row) === "";
    return !cursor.visible || (below && empty) ? row : undefined;
  }
  return undefined;
}

/** The first row of the line that the cursor's row continues: rows filled to the edge have wrapped. */
function startOfLine(screen: Screen, row: number): number {
  let start = row;
  while (start > 0 && !isPrompt(screen, start) && isFull(screen, start - 1)) start--;
  return start;
}

function isFull(screen: Screen, row: number): boolean {
  return (screen.text[row] ?? "").length >= screen.columns - 1;
}

function isPrompt(screen: Screen, row: number): boolean {
  const text = screen.text[row] ?? "";
  return PROMPT.test(text) && !NUMBERED.test(text);
}

/** A menu that is sure to wait for an answer: the cursor is on its marked entry, or hidden with nothing after it. */
function openMenu(screen: Screen): Menu | undefined {
  const { cursor, text } = screen;
  const end = lastRow(screen);
  const marked = cursor.visible ? cursor.row : text.findLastIndex((row) => NUMBERED.test(row));
  const menu = readMenu(screen, marked);
  if (menu === undefined || menu.choices.length < 2) return undefined;
  return end - menu.last <= MAX_FOOTER_ROWS ? menu : undefined;
}

/** Presses Enter only when the screen shows the mark on the wanted entry. */
function keysToAnswer(screen: Screen, answer: ScreenAnswer): readonly Keystroke[] | undefined {
  const menu = promptRow(screen) === undefined ? openMenu(screen) : undefined;
  if (menu === undefined) return undefined;
  const fits = (choice: string) =>
    answer.kind === "choice"
      ? choice === answer.label
      : (answer.kind === "approve" ? /^yes\b/i : /^no\b/i).test(choice);
  const wanted = menu.choices.findIndex(fits);
  // Two entries that begin with yes are two different answers.
  if (wanted < 0 || (answer.kind !== "choice" && menu.choices.filter(fits).length > 1)) return undefined;
  return keysToMark(menu, wanted, menu.mark);
}

function draft(screen: Screen): string | undefined {
  const prompt = promptRow(screen);
  if (prompt === undefined) return (screen.solid[screen.cursor.row] ?? "").trim();
  const rows = [inputOn(screen, prompt)];
  for (let row = prompt + 1; row <= screen.cursor.row && isFull(screen, row - 1); row++) {
    rows.push(screen.solid[row] ?? "");
  }
  return rows.join("").trim();
}

function inputOn(screen: Screen, row: number): string {
  return (screen.solid[row] ?? "").replace(PROMPT, "").trim();
}

/** Over a menu an Enter would take the marked entry, whatever was typed before. */
function keysToStop(screen: Screen): readonly Keystroke[] {
  if (fromScreen(screen).kind === "blocked") return keysToTakeBack(STOP_PAUSE_MS);
  const isDraftThere = promptRow(screen) !== undefined && draft(screen) !== "";
  return [
    // After a draft `/exit` would be part of it. Ctrl-U empties the line in terminals and in line editors.
    ...(isDraftThere ? [{ kind: "key", key: "ctrl-u" } as const] : []),
    { kind: "text", text: "/exit" },
    { kind: "pause", ms: STOP_PAUSE_MS, reason: "programs that debounce input take an Enter in one burst for text" },
    { kind: "key", key: "enter" },
  ];
}
