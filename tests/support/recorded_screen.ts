/** Screens that were recorded as rows with colours (`.ansi`), and what else belongs to them (`.json`). */

import type { ScreenSignal } from "../../src/transports/agent_process.ts";
import { createEmulator } from "../../src/transports/terminal/emulator.ts";
import type { Screen } from "../../src/transports/terminal/screen.ts";

export interface RecordedScreen {
  rows: number;
  columns: number;
  cursor: { row: number; column: number; visible: boolean };
  title: string;
  /** the program had asked for that mode; taken for false where a recording does not say */
  bracketedPaste?: boolean;
  expected: { signal: ScreenSignal; draft: string | null };
  /** the rows */
  ansi: readonly string[];
}

export async function readRecorded(folder: URL, name: string): Promise<RecordedScreen> {
  const ansi = await Deno.readTextFile(new URL(`${name}.ansi`, folder));
  return {
    ...JSON.parse(await Deno.readTextFile(new URL(`${name}.json`, folder))),
    ansi: ansi.trimEnd().split("\n"),
  };
}

/** Draws rows as they stood, then puts cursor and title where they were. */
export async function drawRecorded(recorded: Omit<RecordedScreen, "expected">): Promise<Screen> {
  const { ansi, cursor, title, rows, columns, bracketedPaste } = recorded;
  using emulator = await createEmulator({ rows, columns });
  const drawn = ansi.map((row, index) => `\x1b[${index + 1};1H${row}`).join("");
  const placed = `\x1b]0;${title}\x07\x1b[${cursor.row + 1};${cursor.column + 1}H\x1b[?25${cursor.visible ? "h" : "l"}`;
  const mode = bracketedPaste ? "\x1b[?2004h" : "";
  await emulator.write(new TextEncoder().encode(drawn + placed + mode));
  return emulator.screen();
}
