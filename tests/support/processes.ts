/**
 * Processes as the system shows them to a test: who is left, who lives. Reads /proc, so Linux only.
 */

import { until } from "./until.ts";

export interface SeenProcess {
  pid: number;
  parent: number;
  argv: readonly string[];
  /** `NAME=value`, as at the start of the program */
  environment: readonly string[];
}

/** Every process that runs; zombies do not. */
export function listProcesses(): SeenProcess[] {
  const pids = [...Deno.readDirSync("/proc")].map(({ name }) => name).filter((name) => /^[0-9]+$/.test(name));
  return pids.flatMap((pid) => {
    const stat = readProc(`/proc/${pid}/stat`);
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === undefined || state === "" || state === "Z" || state === "X") return [];
    const words = (file: string) => readProc(`/proc/${pid}/${file}`).split("\0").filter((word) => word !== "");
    return [{ pid: Number(pid), parent: Number(parent), argv: words("cmdline"), environment: words("environ") }];
  });
}

export function isRunning(pid: number): boolean {
  return listProcesses().some((process) => process.pid === pid);
}

/** Those that have this text in their command line or their environment; the test itself never counts. */
export function listMarked(mark: string): SeenProcess[] {
  return listProcesses().filter(({ pid, argv, environment }) =>
    pid !== Deno.pid && [...argv, ...environment].some((word) => word.includes(mark))
  );
}

/** One look may miss a process that starts its successor and ends just then. */
const LOOKS = 4;

/** Waits until nothing carries the mark; the error names what still does. */
export async function untilGone(mark: string, ms: number): Promise<void> {
  let looks = 0;
  const look = () => {
    looks = listMarked(mark).length === 0 ? looks + 1 : 0;
    return looks >= LOOKS || undefined;
  };
  await until(ms, look, `the end of all processes with ${mark}`)
    .catch((cause) => {
      const left = listMarked(mark).map(({ pid, argv }) => `${pid}: ${argv.join(" ").slice(0, 200)}`);
      throw new Error(`still running after ${ms} ms:\n${left.join("\n")}`, { cause });
    });
}

/** Whether something accepts connections there. */
export async function isListening(port: number, hostname = "127.0.0.1"): Promise<boolean> {
  try {
    using _connection = await Deno.connect({ hostname, port });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

function readProc(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // it has ended meanwhile
  }
}
