/**
 * A raw transcript as readable text: what a person would have read, without escape sequences and redraw noise.
 */

import { createEmulator } from "./emulator.ts";

/** Rows of the terminal that the transcript is replayed on; what scrolls off is kept up to `HISTORY`. */
const ROWS = 50;
const SLICE = 64 << 10;

export async function renderPlain(bytes: Uint8Array, columns = 120): Promise<string[]> {
  const lines: string[] = [];
  using emulator = await createEmulator({ rows: ROWS, columns });
  for (let offset = 0; offset < bytes.length; offset += SLICE) {
    await emulator.write(bytes.subarray(offset, offset + SLICE));
  }
  lines.push(...emulator.screen().text);
  return lines;
}

export function lastLines(lines: readonly string[], count: number): readonly string[] {
  return count === 0 ? [] : lines.slice(-count);
}
