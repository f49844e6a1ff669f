/**
 * Starts agents with a watchdog: in a pseudo-terminal through `script` (util-linux and BSD options), or on plain pipes.
 * `script` itself is never signalled: TERM makes it exit 0 and lose the agent's status.
 */

import { joinBytes } from "../text/bytes.ts";
import { quotedForShell } from "../text/quoting.ts";
import { HarnexError } from "../model/errors.ts";
import type { ProcessExit } from "../model/session.ts";
import type { PipedProcess, PtyOptions, PtyProcess, SpawnOptions } from "./platform.ts";
import { findProgram, run, spawn } from "./process.ts";
import { startWatchdog, type Watchdog } from "./watchdog.ts";

const LINUX = Deno.build.os === "linux";
/** The shim's first line: pid, a blank and a device path. Anything longer was not printed by the shim. */
const HEADER_LIMIT = 256;
const COMPLAINT_LIMIT = 1_024;

/**
 * Runs inside the terminal and becomes the agent, so that its pid is the agent's. Its first line of output names pid
 * and terminal. Only the shim sets the marker, so that nothing but the agent and its descendants has it.
 */
const SHIM = `stty rows "$HARNEX_SHIM_ROWS" cols "$HARNEX_SHIM_COLUMNS" 2>/dev/null
printf '%s %s\\n' "$$" "$(tty)"
if [ -n "$HARNEX_SHIM_SHELL" ]; then SHELL=$HARNEX_SHIM_SHELL; export SHELL; else unset SHELL; fi
export "$HARNEX_SHIM_MARKER"
unset HARNEX_SHIM_ROWS HARNEX_SHIM_COLUMNS HARNEX_SHIM_SHELL HARNEX_SHIM_MARKER
exec "$@"`;

/** A command that ties the agent to its parent's life, where the system has one. The watchdog works everywhere. */
async function lifeline(): Promise<readonly string[]> {
  if (!LINUX) return [];
  const setpriv = await findProgram("setpriv", Deno.env.get("PATH"), "/");
  return setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL"];
}

/** On a loaded machine `script` failed to open a terminal about once in a hundred starts. */
const ATTEMPTS = 2;

export async function spawnPty(argv: readonly string[], options: PtyOptions): Promise<PtyProcess> {
  const watchdog = await startWatchdog(options.marker, options.guardTerminal);
  for (let attempt = 1;; attempt++) {
    const { child, header, complaint } = await openTerminal(argv, options);
    if (header !== "none" && !("garbled" in header)) return await guarded({ child, header, watchdog });
    // Without any output the shim has not run, and neither has the agent.
    if (header === "none" && attempt < ATTEMPTS) continue;
    await watchdog.release();
    const why = header === "none" ? await complaint() : `it began with ${JSON.stringify(header.garbled)}`;
    throw new HarnexError(
      "failed",
      `script could not open a terminal for ${argv[0]}${why === "" ? "" : `: ${why}`}; try: harnex doctor`,
      { cause: new Error(why === "" ? "script opened no terminal and gave no reason" : why) },
    );
  }
}

interface Opened {
  child: { pid: number; status: Promise<Deno.CommandStatus>; writer: Writer; reader: Reader };
  /** `none`: there was no output at all */
  header: Header | "none" | Garbled;
  /** the last line of `script` itself, when it has ended */
  complaint: () => Promise<string>;
}

type Writer = WritableStreamDefaultWriter<Uint8Array>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Starts `script` with the shim in it, and reads the shim's first line. */
async function openTerminal(argv: readonly string[], options: PtyOptions): Promise<Opened> {
  const tie = await lifeline();
  const inner = ["/bin/sh", "-c", SHIM, "harnex-agent", ...tie, ...argv];
  const outer = LINUX
    ? [...tie, "script", "-qfec", `exec ${inner.map(quotedForShell).join(" ")}`, "/dev/null"]
    : ["script", "-q", "-t", "0", "/dev/null", ...inner];
  const child = spawnChild(outer, {
    cwd: options.cwd,
    clearEnv: true,
    env: {
      ...options.env,
      SHELL: "/bin/sh",
      HARNEX_SHIM_SHELL: options.env["SHELL"] ?? "",
      HARNEX_SHIM_MARKER: options.marker,
      HARNEX_SHIM_ROWS: String(options.rows),
      HARNEX_SHIM_COLUMNS: String(options.columns),
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  });
  const { pid, status } = child;
  const said = lastWords(child.stderr).catch(() => "");
  const [writer, reader] = [child.stdin.getWriter(), child.stdout.getReader()];
  const header = await readHeader(reader);
  return { child: { pid, status, writer, reader }, header, complaint: () => said };
}

async function guarded(
  { child: { status, writer, reader }, header, watchdog }: {
    child: Opened["child"];
    header: Header;
    watchdog: Watchdog;
  },
): Promise<PtyProcess> {
  await watchdog.watch(header.pid);
  let ended = false;
  const exit = toExit(status).finally(() => {
    ended = true;
    return writer.close().catch(() => undefined); // broken already
  });
  return {
    pid: header.pid,
    exit,
    output: remainingOutput(reader, header.rest),
    write: async (bytes) => {
      if (ended) return;
      try {
        await writer.write(bytes);
      } catch (error) {
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error; // the agent has just ended
      }
    },
    // After the agent's end its terminal's path may belong to another terminal.
    resize: (size) => ended ? Promise.resolve() : resizeTerminal(header.device, size),
    release: () => watchdog.release(),
  };
}

async function resizeTerminal(device: string, { rows, columns }: { rows: number; columns: number }): Promise<void> {
  await run(["stty", LINUX ? "-F" : "-f", device, "rows", String(rows), "cols", String(columns)]);
}

/** What was printed in place of the first line. */
interface Garbled {
  garbled: string;
}

interface Header {
  pid: number;
  device: string;
  rest: Uint8Array;
}

async function readHeader(reader: Reader): Promise<Opened["header"]> {
  let bytes: Uint8Array = new Uint8Array(0);
  const garbled = (): Garbled => ({ garbled: new TextDecoder().decode(bytes.subarray(0, HEADER_LIMIT)) });
  for (;;) {
    const end = bytes.indexOf(10);
    if (end >= 0) {
      const match = /^([0-9]+) (\/dev\/\S+)\r?$/.exec(new TextDecoder().decode(bytes.subarray(0, end)));
      const [, pid, device] = match ?? [];
      if (pid === undefined || device === undefined) return garbled();
      return { pid: Number(pid), device, rest: bytes.subarray(end + 1) };
    }
    const { value, done } = await reader.read();
    if (done) return bytes.length === 0 ? "none" : garbled();
    if (bytes.length + value.length > HEADER_LIMIT + 65_536) return garbled();
    bytes = joinBytes([bytes, value]);
  }
}

/** The last line of `script`'s standard error, at its end. The agent's own errors go to the terminal. */
async function lastWords(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) text = (text + decoder.decode(bytes, { stream: true })).slice(-COMPLAINT_LIMIT);
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}

async function* remainingOutput(
  reader: Reader,
  first: Uint8Array,
): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield value;
  }
}

export async function spawnPiped(argv: readonly string[], options: SpawnOptions): Promise<PipedProcess> {
  const tie = await lifeline();
  const watchdog = await startWatchdog(options.marker, options.guardTerminal);
  const [name, ...value] = options.marker.split("=");
  const child = spawnChild([...tie, ...argv], {
    cwd: options.cwd,
    clearEnv: true,
    env: { ...options.env, [name ?? ""]: value.join("=") },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  });
  const exit = toExit(child.status);
  await watchdog.watch(child.pid);
  return {
    pid: child.pid,
    exit,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    release: () => watchdog.release(),
  };
}

function spawnChild(argv: readonly string[], options: Deno.CommandOptions): Deno.ChildProcess {
  const [program, ...args] = argv;
  if (program === undefined) throw new HarnexError("failed", "no program to start");
  return spawn(program, { ...options, args });
}

/** `script` reports an agent ended by signal N as 128+N; a piped child reports the signal itself with the same code. */
async function toExit(status: Promise<Deno.CommandStatus>): Promise<ProcessExit> {
  const { code } = await status;
  return code > 128 && code <= 128 + 64 ? { code, signal: code - 128 } : { code };
}
