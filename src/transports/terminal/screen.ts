/**
 * The terminal as a user sees it, and pure queries over it. The screen comes from `emulator.ts`.
 * Never strips escape sequences by hand.
 */

export interface TerminalSize {
  rows: number;
  columns: number;
}

/** What a user would see now. Immutable: it does not follow later output. */
export interface Screen extends TerminalSize {
  /** visible rows from the top, trailing blanks removed */
  readonly text: readonly string[];
  /** the same rows with faint cells blanked, so that placeholders vanish */
  readonly solid: readonly string[];
  /** row from the top of the screen and column in cells (a wide character takes two), both from 0 */
  readonly cursor: { row: number; column: number; visible: boolean };
  /** window title (OSC 0 or 2) */
  readonly title: string;
  /** payload of the last OSC sequence by which the agent reports its state, for agents that do */
  readonly agentReport: string | undefined;
  readonly bracketedPaste: boolean;
  readonly alternate: boolean;
}

/** The last row that is not blank, or -1. */
export function lastRow(screen: Screen): number {
  return screen.text.findLastIndex((row) => row !== "");
}

/** Whether a user would see a difference. */
export function showsChange(before: Screen, after: Screen): boolean {
  return before.cursor.row !== after.cursor.row || before.cursor.column !== after.cursor.column ||
    before.text.join("\n") !== after.text.join("\n");
}
