/**
 * Files of whole lines: one that the disk took only half of is closed before the next, which would be lost with it.
 */

import type { AppendFile, Files } from "../platform/platform.ts";

const LINE_END = 10;

/** Whether a file of this size is closed by a line end. Also true of an empty file and of none. */
export async function endsWithLineEnd(files: Files, path: string, size: number): Promise<boolean> {
  if (size === 0) return true;
  const [last] = (await files.readRange(path, { offset: size - 1, maxBytes: 1 })) ?? [];
  return last === undefined || last === LINE_END;
}

/** Throws what the file throws; `line` has its line end. */
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
