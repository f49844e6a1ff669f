/**
 * What a session has left on the machine: processes and an open port. Processes are found by the session's own id,
 * which the agent and its tools carry in their environment and harnex's helpers in their arguments.
 */

import { until } from "./until.ts";

/** How often to look; nobody is told about the end of a process that is not one's child. */
const LOOK_MS = 20;
const TRACED_MS = 10_000;

export interface Trace {
  pid: number;
  command: string;
}

/** Every process that belongs to this session, except its host. */
export async function listTraces(sessionId: string): Promise<Trace[]> {
  return Deno.build.os === "linux" ? listByProc(sessionId) : await listByPs(sessionId);
}

/** Waits until this process is among them: one that has just replaced its program has no environment for a moment. */
export async function untilTraced(sessionId: string, wanted: number): Promise<void> {
  const look = async () => (await listTraces(sessionId)).some(({ pid }) => pid === wanted) || undefined;
  await until(TRACED_MS, look, `process ${wanted} as one of the session's`);
}

/** How many milliseconds it took until no process of the session, and none of `pids`, was left. */
export async function untilGone(
  sessionId: string,
  { pids, limitMs }: { pids: readonly number[]; limitMs: number },
): Promise<number> {
  const startedAt = Date.now();
  for (;;) {
    const left = [...(await listTraces(sessionId)), ...pids.filter(isRunning).map((pid) => ({ pid, command: "" }))];
    const elapsed = Date.now() - startedAt;
    if (left.length === 0) return elapsed;
    if (elapsed > limitMs) throw new Error(`still there after ${limitMs} ms: ${JSON.stringify(left)}`);
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

/** A zombie has ended; it only waits for its parent to take notice. */
export function isRunning(pid: number): boolean {
  try {
    return Deno.build.os !== "linux" || !/\) [ZX] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

export async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

function listByProc(sessionId: string): Trace[] {
  const found: Trace[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const command = readProc(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim();
    if (!`${command}\0${readProc(`/proc/${name}/environ`)}`.includes(sessionId)) continue;
    if (isRunning(Number(name))) found.push({ pid: Number(name), command });
  }
  return found;
}

/** Empty when the process has just ended. */
function readProc(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

async function listByPs(sessionId: string): Promise<Trace[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-axwwE", "-o", "pid=,command="] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes(sessionId)).map((line) => {
    const [pid = "", ...command] = line.trim().split(/\s+/);
    return { pid: Number(pid), command: command.join(" ") };
  });
}
