/**
 * A session whose agent prints a known file on demand, and the proof that its transcript holds every byte of it.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { type BenchSandbox, PATIENCE_MS, pause, type Session } from "./world.ts";

export interface FloodOptions {
  id: string;
  megabytes: number;
  /** `text`: a build log; `colour`: every word in a colour of its own */
  kind: "text" | "colour";
}

export interface Flood extends AsyncDisposable {
  session: Session;
  /** the file that the agent prints */
  path: string;
  bytes: number;
  /** Prints the file once; resolves to the milliseconds until its last byte was in the transcript. */
  run(): Promise<number>;
}

/** Prints a file for each line it reads; the terminal passes it on as it is, so that the transcript must equal it. */
const AGENT = `stty -opost; printf '> '; while read -r line; do cat "$0"; printf '> '; done`;
/** What comes back of the line that makes it print, and what follows the file. */
const ECHO = "go\n";
const PROMPT = "> ";
const BLOCK_LINES = 10_000;
const READ_BYTES = 1 << 20;

export async function startFlood(sandbox: BenchSandbox, options: FloodOptions): Promise<Flood> {
  const path = join(sandbox.path, `${options.id}.data`);
  const bytes = writeData(path, options);
  const expected = await digest(path, 0, bytes);
  const session = await sandbox.start(options.id, ["/bin/sh", "-c", AGENT, path]);
  await session.ready();
  return {
    session,
    path,
    bytes,
    async run() {
      const before = Deno.statSync(session.outputLog).size;
      const startedAt = performance.now();
      await session.api("POST", "/send", { text: "go" });
      const last = before + ECHO.length + bytes + PROMPT.length;
      while (Deno.statSync(session.outputLog).size < last) {
        if (performance.now() - startedAt > PATIENCE_MS * 5) throw new Error("the output did not arrive");
        await pause(5);
      }
      const took = performance.now() - startedAt;
      if (await digest(session.outputLog, before + ECHO.length, bytes) !== expected) {
        throw new Error("the transcript is not what the agent printed");
      }
      return took;
    },
    [Symbol.asyncDispose]: async () => await Deno.remove(path),
  };
}

/** Lines of text with a running number; returns the size. */
function writeData(path: string, { megabytes, kind }: FloodOptions): number {
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  let size = 0;
  for (let line = 0; size < megabytes * 1e6;) {
    let block = "";
    for (const end = line + BLOCK_LINES; line < end; line++) {
      block += kind === "text"
        ? `${line} compiling src/module_${line % 977}.ts: types checked, ${line % 31} warnings, all is well\r\n`
        : `\x1b[3${line % 8}m${line}\x1b[0m \x1b[1mcompiling\x1b[22m src/\x1b[36mmodule_${line % 977}\x1b[39m.ts\r\n`;
    }
    size += file.writeSync(encoder.encode(block));
  }
  return size;
}

async function digest(path: string, offset: number, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  await file.seek(offset, Deno.SeekMode.Start);
  const buffer = new Uint8Array(READ_BYTES);
  for (let left = bytes; left > 0;) {
    const read = await file.read(buffer.subarray(0, Math.min(left, buffer.length)));
    if (read === null) break;
    hash.update(buffer.subarray(0, read));
    left -= read;
  }
  return hash.digest("hex");
}
