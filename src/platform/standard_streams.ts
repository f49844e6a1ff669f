/** Writing to standard output and standard error. Imports nothing, so that `--version` loads no more than this. */

/** Writes everything; false when the reader is gone, as in `harnex logs | head`, or the terminal is closed. */
export function writeOut(bytes: Uint8Array): boolean {
  return writeAll(Deno.stdout, bytes);
}

/** The same for standard error. */
export function writeErr(bytes: Uint8Array): boolean {
  return writeAll(Deno.stderr, bytes);
}

/** Whether reading or writing failed because the terminal's other end, such as its window, was closed. */
export function isHungUp(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EIO";
}

function writeAll(sink: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): boolean {
  try {
    for (let offset = 0; offset < bytes.length;) offset += sink.writeSync(bytes.subarray(offset));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe || isHungUp(error)) return false;
    throw error;
  }
}
