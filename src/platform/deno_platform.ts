/**
 * The `Platform` that the program runs on: the real machine, through Deno.
 */

import { fileURLToPath } from "node:url";
import { HarnexError, messageOf } from "../model/errors.ts";
import { bypass, namesProxy } from "../model/proxy.ts";
import { findByEnvironment, findByVariable } from "./by_environment.ts";
import { createClock } from "./clock.ts";
import { createFiles } from "./files.ts";
import { releaseMemory } from "./memory.ts";
import type {
  DetachedOptions,
  DetachedProcess,
  Platform,
  Processes,
  ServeOptions,
  Server,
  Socket,
} from "./platform.ts";
import { find, findProgram, isAlive, listProcesses, run, runOnTerminal, signalProcess, spawn } from "./process.ts";
import { spawnPiped, spawnPty } from "./pty.ts";
import { connectSocket, createSocket } from "./socket.ts";
import { createTerminal } from "./terminal.ts";

export function denoPlatform(): Platform {
  const env = Deno.env.toObject();
  reachSessionsDirectly(env);
  return {
    clock: createClock(),
    files: createFiles(randomHex),
    processes: createProcesses(),
    terminal: createTerminal(),
    env,
    system: {
      os: Deno.build.os === "darwin" ? "darwin" : "linux",
      hostname: Deno.hostname(),
      uid: Deno.uid() ?? -1,
      pid: Deno.pid,
      self: Deno.build.standalone
        ? [Deno.execPath()]
        : [Deno.execPath(), "run", "-A", "--no-check", fileURLToPath(Deno.mainModule)],
    },
    randomHex,
    serve,
    releaseMemory,
    connect: connectSocket,
  };
}

/** Exempts this machine from proxies, which cannot reach its sessions. `fetch` reads the variables at its first use. */
function reachSessionsDirectly(env: Readonly<Record<string, string>>): void {
  if (!namesProxy(env)) return;
  const own = Deno.networkInterfaces().map(({ address }) => address);
  const changes = bypass(env, ["localhost", "127.0.0.0/8", "::1", ...own]);
  for (const [name, value] of Object.entries(changes)) Deno.env.set(name, value);
}

function randomHex(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toHex();
}

function createProcesses(): Processes {
  return {
    find,
    isAlive,
    list: listProcesses,
    findByEnvironment,
    findByVariable,
    signal: signalProcess,
    run,
    runOnTerminal,
    findProgram,
    spawnDetached,
    spawnPty,
    spawnPiped,
  };
}

/** Sends both outputs to the log. A shell opens the log, because Deno cannot pass a file to a child process. */
const TO_LOG = `umask 077; exec "$@" </dev/null >>"$HARNEX_SHIM_LOG" 2>&1`;

function spawnDetached(argv: readonly string[], options: DetachedOptions): DetachedProcess {
  const child = spawn("/bin/sh", {
    args: ["-c", TO_LOG, "harnex-host", ...argv],
    cwd: options.cwd,
    clearEnv: true,
    env: { ...options.env, HARNEX_SHIM_LOG: options.log },
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  });
  return {
    pid: child.pid,
    exit: child.status.then(({ code }) => (code > 128 ? { code, signal: code - 128 } : { code })),
    release: () => child.unref(),
  };
}

function upgrade(request: Request): { socket: Socket; response: Response } {
  try {
    const { socket, response } = Deno.upgradeWebSocket(request);
    return { socket: createSocket(socket), response };
  } catch (cause) {
    throw new HarnexError("invalid", `not a WebSocket handshake: ${messageOf(cause)}`, { cause });
  }
}

/** How long open requests may take to end when the server shuts down. */
const CLOSE_MS = 500;

function serve(options: ServeOptions): Server {
  try {
    const closed = new AbortController();
    const server = Deno.serve(
      {
        signal: closed.signal,
        hostname: options.hostname,
        port: options.port,
        onListen: () => {},
        onError: () => new Response(null, { status: 500 }),
      },
      (request) => options.handle(request, () => upgrade(request)),
    );
    return {
      port: server.addr.port,
      [Symbol.asyncDispose]: async () => {
        // A client that leaves its connection half closed would keep a graceful shutdown waiting for ever.
        const timer = setTimeout(() => closed.abort(), CLOSE_MS);
        await server.shutdown();
        await server.finished;
        clearTimeout(timer);
      },
    };
  } catch (error) {
    const isTaken = error instanceof Deno.errors.AddrInUse;
    const why = isTaken ? "is in use" : `cannot be bound: ${error instanceof Error ? error.message : error}`;
    const advice = isTaken ? "choose another with --port" : "is it an address of this machine (--host)?";
    // Only a port in use is a reason to try the next one.
    throw new HarnexError(
      isTaken ? "conflict" : "failed",
      `address ${options.hostname}:${options.port} ${why}; ${advice}`,
      { cause: error },
    );
  }
}
