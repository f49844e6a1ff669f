/**
 * The terminal as a person sees it: bytes in, a grid of rows out, through a real terminal emulator.
 * The emulator is loaded on first use. Never strips escape sequences by hand.
 */

import type { TerminalSize } from "./agent_process.ts";

/** What a person would see now. */
export interface Screen extends TerminalSize {
  /** visible rows from the top, trailing blanks removed */
  readonly text: readonly string[];
  /** the same rows with faint cells blanked, so that placeholders vanish */
  readonly solid: readonly string[];
  readonly cursor: { row: number; column: number; visible: boolean };
  /** window title (OSC 0 or 2) */
  readonly title: string;
  readonly bracketedPaste: boolean;
  readonly alternate: boolean;
  /** the latest private state report of the program (OSC 7501), as sent, such as `state=idle:app=codex`; "" without one */
  readonly report: string;
}

/** The last row that is not blank, or -1. */
export function lastRow(screen: Screen): number {
  return screen.text.findLastIndex((row) => row !== "");
}
