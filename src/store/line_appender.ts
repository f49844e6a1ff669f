/**
 * Appends whole lines to files. A line that was written only half is ended first, since the next line would be lost
 * with it.
 */

import type { AppendFile, Files } from "../platform/platform.ts";

const LINE_END = 10;

/** Whether a file of this size ends with a line end; also true for an empty and for a missing file. */
export async function endsWithLineEnd(files: Files, path: string, size: number): Promise<boolean> {
  if (size === 0) return true;
  const [last] = (await files.readRange(path, { offset: size - 1, maxBytes: 1 })) ?? [];
  return last === undefined || last === LINE_END;
}

/** The appender throws what the file throws. `line` includes its line end. */
export function createLineAppender(file: AppendFile): (line: Uint8Array) => void {
  let torn = false;
  return (line) => {
    const bytes = new Uint8Array(line.length + (torn ? 1 : 0));
    if (torn) bytes[0] = LINE_END;
    bytes.set(line, torn ? 1 : 0);
    torn = true;
    file.append(bytes);
    torn = false;
  };
}
