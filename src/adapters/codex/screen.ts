/**
 * Reads the screen of the Codex TUI (0.169): first its own report (OSC 7501), then its title, then its rows. Pure.
 * While an answer streams in, the rows look like a prompt: only the report shows work.
 */

import type { BlockKind, TurnOutcome } from "../../model/signal.ts";
import { firstCharacters } from "../../text/visible.ts";
import type { Screen } from "../../transports/terminal/screen.ts";
import type { LabelledSignal } from "../adapter.ts";
import { type Menu, readMenu } from "../menu.ts";

/** Names of states that the TUI's adapter gives besides the common ones. */
export const TUI_LABELS = [
  "permission",
  "choice",
  "workspace-trust-prompt",
  "login-prompt",
  "hook-review",
  "model-migration",
  "leaving",
] as const;

type TuiLabel = (typeof TUI_LABELS)[number];
type TuiSignal = LabelledSignal<TuiLabel>;

/** A dialog that waits for an answer. */
export interface CodexDialog {
  on: BlockKind;
  label: TuiLabel;
  detail: string;
  menu: Menu;
}

/** The input box at the bottom, by its first and last row. */
export interface Composer {
  first: number;
  last: number;
}

/** The OSC sequence by which 0.169 reports its state. */
export const REPORT_OSC = 7501;
const MAX_DETAIL = 500;
/** Limit for the rows of a question above its choices. */
const MAX_QUESTION_ROWS = 30;
const MARKED_ENTRY = /^\s*[›>] \d{1,2}\. /;
/** The hint below every menu of Codex that waits for an answer. */
const MENU_HINT = /^\s*(?:press )?enter\b/i;
/** Rows of that hint: a narrow screen wraps it. */
const HINT_ROWS = 2;
const COMPOSER = /^›(?:\s|$)/;
/** `GPT-5.5 default · /home/user/project`, below the composer */
const FOOTER = /^ {2}\S.* · \S/;
/** The title's spinner while a turn runs. */
const BUSY_TITLE = /^[\u2800-\u28ff] /;
const BLOCKED_TITLE = /^\[ [!.] \] /;
const STATUS_PARAGRAPHS = 2;
const WORKING_ROW = /^[•◦] .*\(\S.* esc to interrupt\)/;

const KNOWN_DIALOGS: readonly { words: RegExp; on: BlockKind; label: TuiLabel }[] = [
  { words: /Sign in with ChatGPT|Choose how you want to use Codex/, on: "login", label: "login-prompt" },
  { words: /Trust this folder\?/, on: "trust", label: "workspace-trust-prompt" },
  { words: /Hooks? needs? review/, on: "trust", label: "hook-review" },
  { words: /Would you like to |wants to |Allow .*\?/, on: "permission", label: "permission" },
  { words: /Try new model|Use existing model/, on: "choice", label: "model-migration" },
];

/** The state in a report such as `state=blocked:app=codex:kind=permission`. */
function reportedState(screen: Screen): string | undefined {
  return /(?:^|:)state=([^:]*)/.exec(screen.agentReport ?? "")?.[1];
}

/** The state that the screen shows; `unclear` when nothing is recognised. */
export function readScreen(screen: Screen): TuiSignal {
  const dialog = readDialog(screen);
  switch (reportedState(screen)) {
    case "working":
      return { kind: "working", label: "session" };
    case "blocked":
      if (dialog !== undefined) return blockedBy(dialog);
      // The report comes up to a second before Codex draws the question, the title comes after it.
      return BLOCKED_TITLE.test(screen.title) ? blockedByTitle() : { kind: "working", label: "session" };
    case "idle":
    case "done":
    case "error":
      return dialog === undefined ? readyAfter(screen) : blockedBy(dialog);
    case "clear":
      return { kind: "unclear", label: "leaving" };
    default:
      return dialog === undefined ? readRows(screen) : blockedBy(dialog);
  }
}

/** For a Codex that reports nothing, and for the time before its first report. */
function readRows(screen: Screen): TuiSignal {
  if (BUSY_TITLE.test(screen.title)) return { kind: "working", label: "session" };
  if (BLOCKED_TITLE.test(screen.title)) return blockedByTitle();
  const composer = findComposer(screen);
  if (rowsAbove(screen, composer).some((row) => WORKING_ROW.test(row))) return { kind: "working", label: "session" };
  // Codex draws the composer before it knows whether it has to ask something.
  if (composer === undefined || screen.title === "") return { kind: "unclear", label: "unknown" };
  return readyAfter(screen);
}

/**
 * The two lowest paragraphs above the composer: the status row, and below it perhaps messages that wait for their turn.
 * Further up is the conversation, which may hold any text.
 */
function rowsAbove(screen: Screen, composer: Composer | undefined): readonly string[] {
  const above = screen.text.slice(0, composer?.first);
  let start = above.length;
  for (let paragraph = 0; paragraph < STATUS_PARAGRAPHS; paragraph++) {
    const end = above.slice(0, start).findLastIndex((row) => row !== "") + 1;
    start = above.slice(0, end).findLastIndex((row) => row === "") + 1;
  }
  return above.slice(start);
}

function blockedByTitle(): TuiSignal {
  return { kind: "blocked", on: "permission", label: "permission", detail: "Codex requires an action" };
}

function blockedBy({ on, label, detail, menu }: CodexDialog): TuiSignal {
  return { kind: "blocked", on, label, detail, choices: menu.choices };
}

function readyAfter(screen: Screen): TuiSignal {
  const lastTurn = readOutcome(screen);
  return { kind: "ready", label: "prompt", ...(lastTurn === undefined ? {} : { lastTurn }) };
}

/** How the last turn ended, by the row that Codex writes below a turn that was not completed. */
function readOutcome(screen: Screen): { outcome: TurnOutcome; detail: string } | undefined {
  const composer = findComposer(screen);
  if (composer === undefined) return undefined;
  let row = composer.first - 1;
  while (row >= 0 && screen.text[row] === "") row--;
  const rows: string[] = [];
  for (; row >= 0 && screen.text[row] !== ""; row--) rows.unshift((screen.text[row] ?? "").trim());
  const text = rows.join(" ");
  if (!text.startsWith("■ ")) return undefined;
  const detail = shorten(text.slice(2));
  return { outcome: detail.startsWith("Conversation interrupted") ? "interrupted" : "failed", detail };
}

/** The dialog at the bottom of the screen that waits for an answer; undefined when there is none. */
export function readDialog(screen: Screen): CodexDialog | undefined {
  const at = screen.text.findLastIndex((row) => MARKED_ENTRY.test(row));
  const menu = at < 0 ? undefined : readMenu(screen, at);
  if (menu === undefined || menu.choices.length < 2) return undefined;
  const below = screen.text.slice(menu.last + 1).filter((row) => row !== "");
  // Below the last entry: its own further rows, and then the hint. With anything else, such as the composer and its
  // footer, the menu is part of the conversation.
  if (!below.slice(-HINT_ROWS).some((row) => MENU_HINT.test(row))) return undefined;
  if (below.some((row) => FOOTER.test(row) && !/\b(?:esc|enter)\b/.test(row))) return undefined;
  const above = screen.text.slice(Math.max(0, menu.first - MAX_QUESTION_ROWS), menu.first);
  const asked = flatten(above.slice(questionStart(above)));
  const known = KNOWN_DIALOGS.find(({ words }) => words.test(`${asked} ${menu.choices.join(" ")}`));
  const { on, label } = known ?? { on: "choice", label: "choice" } as const;
  return { on, label, detail: shorten(asked), menu };
}

/** The row where the question begins: below the conversation, whose blocks begin in the first column. */
function questionStart(above: readonly string[]): number {
  const asked = above.findLastIndex((row) => /^\s*Would you like to /.test(row));
  return asked >= 0 ? asked : above.findLastIndex((row) => /^\S/.test(row)) + 1;
}

/** The composer, with its footer below it; undefined when it is not on the screen. */
export function findComposer(screen: Screen): Composer | undefined {
  const first = screen.text.findLastIndex((row) => COMPOSER.test(row) && !MARKED_ENTRY.test(row));
  if (first < 0) return undefined;
  const footer = screen.text.findIndex((row, at) => at > first && FOOTER.test(row));
  if (footer < 0) return undefined;
  let last = footer - 1;
  while (last > first && screen.text[last] === "") last--;
  return { first, last };
}

/** The typed text in the composer, without its placeholder, which is faint; undefined without a composer. */
export function readDraft(screen: Screen): string | undefined {
  const composer = findComposer(screen);
  if (composer === undefined) return undefined;
  const rows = screen.solid.slice(composer.first, composer.last + 1);
  return rows.map((row, at) => (at === 0 ? row.replace(/^›/, "") : row).trim()).join("\n").trim();
}

function flatten(rows: readonly string[]): string {
  return rows.join(" ").replaceAll(/\s+/g, " ").trim();
}

function shorten(text: string): string {
  const head = firstCharacters(text, MAX_DETAIL);
  return head === text ? text : `${head}…`;
}
