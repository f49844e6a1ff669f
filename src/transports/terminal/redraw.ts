/**
 * The bytes that make another terminal look like the emulated one: its rows, cursor, title and modes. Pure.
 */

import type { Screen } from "./screen.ts";

/** Modes that a terminal must share with the agent's own, so that keys and mouse mean the same. */
export interface TerminalModes {
  applicationCursorKeys: boolean;
  focusReports: boolean;
  mouse: "none" | "x10" | "vt200" | "drag" | "any";
}

const MOUSE: Readonly<Record<TerminalModes["mouse"], string>> = {
  none: "",
  x10: "\x1b[?9h",
  vt200: "\x1b[?1000h\x1b[?1006h",
  drag: "\x1b[?1002h\x1b[?1006h",
  any: "\x1b[?1003h\x1b[?1006h",
};

/** `rows` are the screen's rows with their colours. */
export function redraw(screen: Screen, { rows, modes }: { rows: readonly string[]; modes: TerminalModes }): string {
  const drawn = rows.map((row, index) => row === "" ? "" : `\x1b[${index + 1};1H${row}\x1b[0m`).join("");
  const { row, column, visible } = screen.cursor;
  return [
    screen.alternate ? "\x1b[?1049h" : "",
    "\x1b[0m\x1b[H\x1b[2J",
    drawn,
    screen.title === "" ? "" : `\x1b]2;${screen.title}\x07`,
    modes.applicationCursorKeys ? "\x1b[?1h" : "",
    modes.focusReports ? "\x1b[?1004h" : "",
    screen.bracketedPaste ? "\x1b[?2004h" : "",
    MOUSE[modes.mouse],
    `\x1b[${row + 1};${column + 1}H`,
    visible ? "\x1b[?25h" : "\x1b[?25l",
  ].join("");
}
