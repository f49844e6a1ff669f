/** A real process on pipes, without the guard that the product puts around it: the test ends what it starts. */

import type { PipedProcess } from "../../src/platform/platform.ts";

export interface TestProcess extends PipedProcess {
  kill(signal: Deno.Signal): void;
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

export function spawnPipedForTest(
  argv: readonly string[],
  options: { cwd: string; env: Readonly<Record<string, string>> },
): TestProcess {
  const [program = "", ...args] = argv;
  const child = new Deno.Command(program, {
    args,
    ...options,
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exit: child.status.then(({ code, signal }) =>
      signal === null ? { code } : { code, signal: SIGNAL_NUMBERS[signal] ?? 0 }
    ),
    release: () => Promise.resolve(),
    kill: (signal) => child.kill(signal),
  };
}
