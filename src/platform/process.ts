/**
 * Processes of this machine: which run, which descends from which, and signals that reach only the intended process.
 * A process is identified by pid and start time; nothing is signalled by its pid alone.
 */

import { isAbsolute, join, resolve } from "node:path";
import { HarnexError } from "../model/errors.ts";
import type { OsSignal, ProcessRef, ProcessRow, RunOptions, RunResult } from "./platform.ts";

const RUN_TIMEOUT_MS = 10_000;
const LINUX = Deno.build.os === "linux";

export async function find(pid: number): Promise<ProcessRef | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return LINUX ? readProcRow(String(pid)) : (await listByPs(["-p", String(pid)]))[0];
}

export async function isAlive(process: ProcessRef): Promise<boolean> {
  return (await find(process.pid))?.start === process.start;
}

export async function listProcesses(): Promise<ProcessRow[]> {
  if (!LINUX) return await listByPs(["-ax"]);
  return listPids().map(readProcRow).filter((row) => row !== undefined);
}

/** The newest first, because they are the likeliest to end before they are examined. */
export function listPids(): string[] {
  const names = Array.from(Deno.readDirSync("/proc"), ({ name }) => name).filter((name) => /^[0-9]+$/.test(name));
  return names.sort((one, other) => Number(other) - Number(one));
}

/** Reads `/proc/<pid>/stat`. The command name may hold blanks and parentheses, so fields count from the last `)`. */
export function readProcRow(pid: string): ProcessRow | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const [state, parent, group, session, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const start = rest[15];
  if (state === undefined || state === "Z" || state === "X" || start === undefined) return undefined;
  return { pid: Number(pid), start, parent: Number(parent), group: Number(group), session: Number(session) };
}

/** Synchronous, because /proc needs no disk, and a read through a thread takes five times as long. */
export function readProc(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined; // the process has ended since it was listed, or belongs to another user
  }
}

async function listByPs(selection: readonly string[]): Promise<ProcessRow[]> {
  const { stdout } = await run(["ps", ...selection, "-o", "pid=,ppid=,pgid=,stat=,lstart="]);
  const rows: ProcessRow[] = [];
  for (const line of stdout.split("\n")) {
    const [pid, parent, group, state, ...start] = line.trim().split(/\s+/);
    if (pid === undefined || state === undefined || state.startsWith("Z")) continue;
    rows.push({ pid: Number(pid), parent: Number(parent), group: Number(group), session: 0, start: start.join(" ") });
  }
  return rows;
}

export async function signalProcess(process: ProcessRef, signal: OsSignal): Promise<boolean> {
  if (!(await isAlive(process))) return false;
  try {
    Deno.kill(process.pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new HarnexError("failed", `cannot send ${signal} to process ${process.pid}`, { cause: error });
  }
}

export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program, ...args] = argv;
  if (program === undefined) throw new HarnexError("failed", "no program to run");
  const limit = AbortSignal.timeout(options.timeoutMs ?? RUN_TIMEOUT_MS);
  const timeout = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]);
  const child = spawn(program, {
    args,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
    ...(options.clearEnv === true ? { clearEnv: true } : {}),
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    signal: timeout,
  });
  const typed = options.stdin === undefined ? Promise.resolve() : writeAll(child.stdin, options.stdin);
  const [result] = await Promise.all([child.output(), typed]);
  if (timeout.aborted) throw new HarnexError("timeout", `${program} did not end in time`);
  const decoder = new TextDecoder();
  return { code: result.code, stdout: decoder.decode(result.stdout), stderr: decoder.decode(result.stderr) };
}

/** Runs a program on this terminal to its end, with `stdin` as its input; gives its exit code. */
export async function runOnTerminal(
  argv: readonly string[],
  options: { stdin: string; env: Readonly<Record<string, string>> },
): Promise<number> {
  const [program = "", ...args] = argv;
  const child = spawn(program, { args, env: { ...options.env }, stdin: "piped", stdout: "inherit", stderr: "inherit" });
  const [{ code }] = await Promise.all([child.status, writeAll(child.stdin, options.stdin)]);
  return code;
}

async function writeAll(stream: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error; // it ended without reading; its exit code says more
  }
}

/** `Deno.Command(…).spawn()`, with typed errors. */
export function spawn(program: string, options: Deno.CommandOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(program, options).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new HarnexError("not_found", `"${program}" not found — is it installed and on your PATH?`, {
        cause: error,
      });
    }
    throw new HarnexError("failed", `cannot start ${program}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** Finds a program as execvp does. */
export async function findProgram(name: string, path: string | undefined, cwd: string): Promise<string | undefined> {
  const candidates = name.includes("/")
    ? [isAbsolute(name) ? name : resolve(cwd, name)]
    : (path ?? "/usr/local/bin:/usr/bin:/bin").split(":").map((folder) => resolve(cwd, join(folder || ".", name)));
  for (const candidate of candidates) {
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    const found = await Deno.stat(path);
    return found.isFile && ((found.mode ?? 0) & 0o111) !== 0;
  } catch {
    return false; // it does not exist, or its folder cannot be read
  }
}
