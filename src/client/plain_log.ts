/**
 * The last lines of a transcript, as they appeared on the agent's screen.
 */

import type { Files } from "../platform/platform.ts";
import { readSlices } from "../store/slices.ts";
import { plainLines } from "../transports/terminal/plain_text.ts";

/** At most so much is read: redrawn screens need many bytes for few lines. */
const READ_LIMIT = 16 << 20;
/** The size of headless sessions' terminals; it matters only for agents that paint whole screens. */
const SIZE = { rows: 40, columns: 120 };

/** Undefined when there is no transcript. */
export async function lastPlainLines(files: Files, path: string, count: number): Promise<string[] | undefined> {
  const size = (await files.stat(path))?.size;
  if (size === undefined || count === 0) return size === undefined ? undefined : [];
  const lines: string[] = [];
  for await (const line of plainLines(readSlices(files, path, Math.max(0, size - READ_LIMIT)), SIZE)) {
    lines.push(line);
    if (lines.length > 2 * count + 1) lines.splice(0, lines.length - count);
  }
  return lines.slice(-count);
}
