/** Reads the emulator's grid as a `Screen`. */

// @ts-types="npm:@xterm/headless@6.0.0"
import type { IBufferCell, IBufferLine, Terminal } from "@xterm/headless";
import type { Screen } from "./screen.ts";
import type { TrackedState } from "./tracked_state.ts";

/** The screen as it is now. */
export function readScreen(terminal: Terminal, tracked: TrackedState): Screen {
  const { active } = terminal.buffer;
  const lines = visibleLines(terminal);
  const cell = active.getNullCell();
  const text = lines.map((line) => line.translateToString(true).trimEnd());
  return {
    rows: terminal.rows,
    columns: terminal.cols,
    text,
    solid: text.map((row, index) => (row === "" ? row : solidRow(lines[index], { row, cell }))),
    cursor: { row: active.cursorY, column: active.cursorX, visible: tracked.cursorVisible() },
    title: tracked.title(),
    agentReport: tracked.agentReport(),
    bracketedPaste: terminal.modes.bracketedPasteMode,
    alternate: active.type === "alternate",
  };
}

/** The rows that a user would see, from the top. */
export function visibleLines(terminal: Terminal): IBufferLine[] {
  const { active } = terminal.buffer;
  const lines: IBufferLine[] = [];
  for (let row = 0; row < terminal.rows; row++) {
    const line = active.getLine(active.baseY + row);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

/** The row with its faint cells blanked; the row itself when it has none. */
function solidRow(line: IBufferLine | undefined, { row, cell }: { row: string; cell: IBufferCell }): string {
  if (line === undefined) return row;
  let solid = "";
  let blanked = false;
  for (let column = 0; column < line.length; column++) {
    if (line.getCell(column, cell) === undefined) break;
    if (cell.getWidth() === 0) continue;
    if (cell.isDim() !== 0) {
      blanked = true;
      solid += " ".repeat(cell.getWidth());
    } else solid += cell.getChars() || " ";
  }
  return blanked ? solid.trimEnd() : row;
}
