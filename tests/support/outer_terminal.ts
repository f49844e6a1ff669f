/**
 * A terminal that a test holds the other end of: what a person at a real one would see and type.
 */

import process from "node:process";
import type { ProcessExit } from "../../src/model/session.ts";
import { spawnPty } from "../../src/platform/pty.ts";
import { type TextWatch, watchText } from "./text_watch.ts";
import { within } from "./within.ts";

export interface OuterTerminal extends AsyncDisposable {
  /** of the program in it */
  readonly pid: number;
  readonly output: TextWatch;
  /** Resolves when the program has ended. */
  readonly exit: Promise<ProcessExit>;
  type(keys: string | Uint8Array): Promise<void>;
  resize(rows: number, columns: number): Promise<void>;
}

export interface OuterOptions {
  cwd: string;
  /** the whole environment */
  env: Readonly<Record<string, string>>;
  rows?: number;
  columns?: number;
}

/** Runs a program in a terminal of its own; killed when its scope ends. */
export async function openTerminal(argv: readonly string[], options: OuterOptions): Promise<OuterTerminal> {
  const { cwd, env, rows = 30, columns = 100 } = options;
  const pty = await spawnPty(argv, { cwd, env, rows, columns, marker: `OUTER_TERMINAL=${crypto.randomUUID()}` });
  const output = watchText(pty.output);
  let isRunning = true;
  const exit = pty.exit.finally(() => isRunning = false);
  return {
    pid: pty.pid,
    output,
    exit,
    type: (keys) => pty.write(typeof keys === "string" ? new TextEncoder().encode(keys) : keys),
    resize: (rows, columns) => pty.resize({ rows, columns }),
    async [Symbol.asyncDispose]() {
      if (isRunning) killGroup(pty.pid);
      await within(10_000, Promise.all([exit, output.ended]), "the end of the outer terminal");
      await pty.release();
    },
  };
}

/**
 * The program leads the terminal's session, and so its process group. Never by kill(1): that of procps 4.0.2 takes
 * `kill -KILL -123` for `kill -KILL -1`, which is everybody.
 */
function killGroup(pid: number): void {
  if (!Number.isSafeInteger(pid) || pid <= 1) throw new RangeError(`no process group ${pid}`);
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error; // it has just ended
  }
}
