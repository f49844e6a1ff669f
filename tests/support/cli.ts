/**
 * Runs harnex as a program: from its source, or the compiled binary that `HARNEX_BIN` names.
 * Nothing of the caller's environment reaches it but PATH and what Deno itself needs.
 */

import { join, resolve } from "node:path";
import process from "node:process";
import { tempDir } from "./temp.ts";
import { ROOT } from "./tree.ts";
import { within } from "./within.ts";

/** Generous for a loaded machine with two cores; a test that waits for less says so. */
const DEFAULT_TIMEOUT_MS = 30_000;
/** How long a host gets to end after SIGTERM before it is killed. */
const HOST_GRACE_MS = 3_000;

export interface CliOptions {
  stateDir: string;
  /** the state directory's parent unless said, so that `~` is never the user's */
  home?: string;
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  stdin?: string | Uint8Array;
  timeoutMs?: number;
  /** the program and its first arguments; harnex unless said */
  program?: readonly string[];
}

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** A running harnex with all three streams piped; killed when its scope ends. */
export interface RunningCli extends AsyncDisposable {
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly status: Promise<Deno.CommandStatus>;
  kill(signal: Deno.Signal): void;
}

/** How this test run starts harnex. */
export function harnexProgram(): readonly string[] {
  const binary = Deno.env.get("HARNEX_BIN");
  if (binary !== undefined && binary !== "") return [resolve(ROOT, binary)];
  const config = join(ROOT, "deno.json");
  return [Deno.execPath(), "run", "-A", "--quiet", "--frozen", "--config", config, join(ROOT, "src/main.ts")];
}

/** Runs harnex to its end. Rejects, with what it printed so far, when it takes longer than `timeoutMs`. */
export async function runHarnex(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const { stdin, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const child = command(args, options, stdin === undefined ? "null" : "piped").spawn();
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const feeding = stdin === undefined ? Promise.resolve() : feed(child.stdin, stdin);
  const ended = Promise.all([child.status, stdout.ended, stderr.ended, feeding]);
  try {
    const [status] = await within(timeoutMs, ended, `the end of harnex ${args.join(" ")}`);
    return { code: status.code, stdout: stdout.text(), stderr: stderr.text() };
  } catch (cause) {
    killQuietly(child);
    await Promise.allSettled([stdout.cancel(), stderr.cancel(), child.status]);
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${message}\nstdout: ${stdout.text()}\nstderr: ${stderr.text()}`, { cause });
  }
}

/** Starts harnex and leaves it running: `await using harnex = spawnHarnex([…], …)`. */
export function spawnHarnex(args: readonly string[], options: Omit<CliOptions, "stdin" | "timeoutMs">): RunningCli {
  const child = command(args, options, "piped").spawn();
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    status: child.status,
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      killQuietly(child);
      const streams = [child.stdin, child.stdout, child.stderr].filter((stream) => !stream.locked);
      await Promise.allSettled([
        child.status,
        ...streams.map((stream) => stream instanceof WritableStream ? stream.abort() : stream.cancel()),
      ]);
    },
  };
}

/** A state directory, a home and a project folder of its own. When its scope ends, so do the hosts it started. */
export interface Sandbox extends AsyncDisposable {
  readonly path: string;
  readonly stateDir: string;
  readonly home: string;
  /** where harnex runs; no git repository unless the test makes it one */
  readonly project: string;
  run(args: readonly string[], options?: Partial<CliOptions>): Promise<CliResult>;
  spawn(args: readonly string[], options?: Partial<CliOptions>): RunningCli;
}

/** `await using sandbox = createSandbox();` */
export function createSandbox(): Sandbox {
  const dir = tempDir();
  const paths = { stateDir: dir.join("state"), home: dir.join("home"), project: dir.join("project") };
  for (const path of Object.values(paths)) Deno.mkdirSync(path, { mode: 0o700 });
  const defaults = { stateDir: paths.stateDir, home: paths.home, cwd: paths.project };
  return {
    path: dir.path,
    ...paths,
    run: (args, options) => runHarnex(args, { ...defaults, ...options }),
    spawn: (args, options) => spawnHarnex(args, { ...defaults, ...options }),
    async [Symbol.asyncDispose]() {
      await Promise.all(listHosts(paths.stateDir).map(endHost));
      dir[Symbol.dispose]();
    },
  };
}

function command(args: readonly string[], options: CliOptions, stdin: "piped" | "null"): Deno.Command {
  const [program = "", ...first] = options.program ?? harnexProgram();
  return new Deno.Command(program, {
    args: [...first, ...args],
    cwd: options.cwd ?? options.stateDir,
    clearEnv: true,
    env: harnexEnvironment(options),
    stdin,
    stdout: "piped",
    stderr: "piped",
  });
}

/** All that harnex gets to see of an environment. */
export function harnexEnvironment({ stateDir, home = join(stateDir, ".."), env }: CliOptions): Record<string, string> {
  const kept = ["PATH", "TMPDIR", "DENO_TLS_CA_STORE", "DENO_COVERAGE_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(kept),
    DENO_DIR: denoDir(),
    DENO_NO_UPDATE_CHECK: "1",
    HOME: home,
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    HARNEX_STATE_DIR: stateDir,
    ...env,
  };
}

/** Where the running Deno keeps its cache; a changed HOME would send it looking elsewhere. */
export function denoDir(): string {
  const env = Deno.env.toObject();
  const home = env.HOME ?? "/";
  const cache = Deno.build.os === "darwin" ? join(home, "Library/Caches") : env.XDG_CACHE_HOME || join(home, ".cache");
  return env.DENO_DIR || join(cache, "deno");
}

/** Reads to the end, keeping what came so far. */
function collect(stream: ReadableStream<Uint8Array>) {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let text = "";
  const ended = (async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      text += decoder.decode(next.value, { stream: true });
    }
    text += decoder.decode();
  })();
  return { ended, text: () => text, cancel: () => reader.cancel() };
}

/** A program need not read its input to the end; what it did with it, its result tells. */
async function feed(stdin: WritableStream<Uint8Array>, input: string | Uint8Array): Promise<void> {
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  await ReadableStream.from([bytes]).pipeTo(stdin).catch(() => {});
}

function killQuietly(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended
  }
}

/** The hosts that the live records of a state directory name. */
function listHosts(stateDir: string): number[] {
  const folder = join(stateDir, "sessions");
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".json"));
    const records = names.map((name): unknown => JSON.parse(Deno.readTextFileSync(join(folder, name))));
    return records.flatMap((record) => {
      const pid = typeof record === "object" && record !== null && "host_pid" in record ? record.host_pid : undefined;
      return typeof pid === "number" && pid > 1 ? [pid] : [];
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}

async function endHost(pid: number): Promise<void> {
  signalProcess(pid, "SIGTERM");
  const deadline = Date.now() + HOST_GRACE_MS;
  while (signalProcess(pid, 0) && Date.now() < deadline) await new Promise((done) => setTimeout(done, 20));
  signalProcess(pid, "SIGKILL");
}

/** Whether there was such a process. */
function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
