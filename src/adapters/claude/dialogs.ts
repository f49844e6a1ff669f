/**
 * Reads the dialogs of Claude Code (2.1.197), and the other screens that take the place of its input box: a first
 * start, a failed start. Pure.
 */

import type { BlockKind } from "../../model/signal.ts";
import { lastRow, type Screen } from "../../transports/terminal/screen.ts";
import { type Menu, readMenu } from "../menu.ts";
import { type ClaudeLabel, findInputBox, findRuleAbove, flatten, shorten } from "./screen.ts";

/** A dialog that waits for an answer, as read from the screen. */
export interface Dialog {
  kind: BlockKind;
  label: ClaudeLabel;
  detail: string;
  choices: readonly string[];
  /** more than one entry may be picked */
  several: boolean;
  /** the digits for yes and for no, where harnex knows the dialog */
  approve?: number;
  deny?: number;
}

/** A question that takes several answers marks its entries `[ ]` and `[✔]`. */
const CHECKBOX = /^\[.\] /;
/** After a label in the same row: the mark of the current value, and a description in a second column. */
const AFTER_LABEL = /(?: ✔)?(?: {2,}.*)?$/;
/** Below the last entry: its wrapped label or description, a rule, and the hint, which wraps at 50 columns. */
const MAX_HINT_ROWS = 8;

/**
 * The dialog at the bottom of the screen, if one waits there: a menu with the cursor on its marked entry, under a
 * rule, with no input box around it and next to nothing below. Only some dialogs say `Esc to cancel`.
 */
export function readDialog(screen: Screen): Dialog | undefined {
  const menu = readMenu(screen, screen.cursor.row);
  if (menu === undefined || menu.choices.length < 2 || findInputBox(screen) !== undefined) return undefined;
  const below = screen.text.slice(menu.last + 1);
  const hint = flatten(below);
  const ruleAbove = findRuleAbove(screen, menu.first);
  // A dialog that is taller than the screen has lost its rule, but it has the hint.
  if (ruleAbove === undefined && !hint.includes("Esc to cancel")) return readThemePicker(screen, menu);
  if (below.filter((row) => row !== "").length > MAX_HINT_ROWS) return undefined;
  const rule = ruleAbove ?? -1;
  const body = flatten(screen.text.slice(rule + 1, menu.first));
  const choices = menu.choices.map(labelOf);
  const several = menu.choices.some((choice) => CHECKBOX.test(choice));
  const question = flatten(lastParagraph(screen.text.slice(rule + 1, menu.first)));
  const found = KNOWN_DIALOGS.find((known) =>
    (known.body?.test(body) ?? true) && (known.question?.test(question) ?? true) && hint.includes(known.hint ?? "")
  );
  if (found === undefined) {
    return { kind: "choice", label: "confirmation", detail: shorten(body), choices, several };
  }
  const { kind, label, yes, no } = found;
  return {
    kind,
    label,
    detail: shorten(body),
    choices: label === "permission" ? joinedChoices(screen, menu) : choices,
    several,
    ...entryMatching(choices, { approve: yes, deny: no }),
  };
}

/**
 * The text of a dialog that is taller than the screen, so that question and marked entry have scrolled away; undefined
 * when there is none. The cursor, which belongs on that entry, stays in the first row, and the hint stands below.
 */
export function readTallDialog(screen: Screen): string | undefined {
  const hint = flatten(lastParagraph(screen.text));
  const { row, visible } = screen.cursor;
  if (row !== 0 || visible || !/^Enter to .*Esc to cancel$/.test(hint)) return undefined;
  return shorten(flatten(screen.text));
}

/** The very first start begins with a picture and this question, without a rule or a hint. */
function readThemePicker(screen: Screen, menu: Menu): Dialog | undefined {
  const above = flatten(screen.text.slice(0, menu.first));
  const at = above.indexOf("Choose the text style that looks best with your terminal");
  if (at < 0) return undefined;
  const choices = menu.choices.map(labelOf);
  return { kind: "choice", label: "onboarding", detail: above.slice(at), choices, several: false };
}

/** Whether the notes show that follow the choice of a theme and wait for Enter. */
export function showsSecurityNotes(screen: Screen): boolean {
  return screen.text[lastRow(screen)] === " Press Enter to continue…" && screen.text.includes(" Security notes:");
}

function labelOf(entry: string): string {
  return entry.replace(CHECKBOX, "").replace(AFTER_LABEL, "");
}

interface KnownDialog {
  kind: BlockKind;
  label: ClaudeLabel;
  /** fits all text above the menu, as one line */
  body?: RegExp;
  /** fits the last paragraph of that text */
  question?: RegExp;
  hint?: string;
  yes?: RegExp;
  no?: RegExp;
}

/**
 * The first match wins. The safe entry is not always the marked one, so the words decide. Questions of the model come
 * first: they may hold any text, but only they have the hint `Enter to select`.
 */
const KNOWN_DIALOGS: readonly KnownDialog[] = [
  { kind: "question", label: "question", hint: "Enter to select" },
  {
    kind: "trust",
    label: "workspace-trust-prompt",
    body: /^Accessing workspace:|Is this a project you created or one you trust\?/,
    hint: "Enter to confirm",
    yes: /^Yes, I trust/,
    no: /^No/,
  },
  {
    kind: "login",
    label: "api-key-prompt",
    body: /^Detected a custom API key|Do you want to use this API key\?$/,
    hint: "Enter to confirm",
    yes: /^Yes/,
    no: /^No/,
  },
  {
    kind: "trust",
    label: "bypass-warning",
    body: /^WARNING: Claude Code running in Bypass Permissions mode/,
    hint: "Enter to confirm",
    yes: /^Yes, I accept/,
    no: /^No/,
  },
  { kind: "permission", label: "permission", question: /^Do you want to .*\?$/, yes: /^Yes$/, no: /^No\b/ },
];

function entryMatching(
  choices: readonly string[],
  { approve, deny }: { approve: RegExp | undefined; deny: RegExp | undefined },
): { approve?: number; deny?: number } {
  const yes = approve === undefined ? -1 : choices.findIndex((choice) => approve.test(choice));
  const no = deny === undefined ? -1 : choices.findIndex((choice) => deny.test(choice));
  return { ...(yes < 0 ? {} : { approve: yes + 1 }), ...(no < 0 ? {} : { deny: no + 1 }) };
}

/** The rows after the last blank or dashed row; blank rows at the end do not count. */
function lastParagraph(rows: readonly string[]): readonly string[] {
  const end = rows.findLastIndex((row) => row !== "") + 1;
  const start = rows.slice(0, end).findLastIndex((row) => row === "" || row.startsWith("╌")) + 1;
  return rows.slice(start, end);
}

/** The labels with their wrapped rows, for menus without descriptions: those look the same as wrapped rows. */
function joinedChoices(screen: Screen, menu: Menu): string[] {
  const joined: string[] = [];
  let next = 0;
  for (let row = menu.first; row <= lastRow(screen); row++) {
    const text = (screen.text[row] ?? "").trim();
    if (text === "" && next === menu.choices.length) break;
    const label = menu.choices[next];
    if (label !== undefined && new RegExp(`${next + 1}\\.\\s*$`).test(text.slice(0, -label.length))) {
      joined.push(label);
      next++;
    } else if (text !== "") joined.push(`${joined.pop() ?? ""} ${text}`);
  }
  return joined;
}

/** Whether Claude Code 2.1.197 could not reach its service when it started; it exits with 1 right after. */
export function showsConnectionFailure(screen: Screen): boolean {
  return screen.text.some((row) => row === " Unable to connect to Anthropic services");
}
