/**
 * hostSession() in the test's own process, with real files and a line-based agent that a test can break: no other
 * program is started, so that hundreds of sessions take seconds.
 */

import type { LaunchSpec } from "../../src/model/launch.ts";
import type { ExitReason, RegistryRecord } from "../../src/model/session.ts";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { parseFaults, withFaults } from "../../src/platform/faults.ts";
import type {
  LocalTerminal,
  OsSignal,
  Platform,
  Processes,
  PtyProcess,
  ServeOptions,
} from "../../src/platform/platform.ts";
import { hostSession } from "../../src/host/host.ts";
import { type Json, parseJson } from "./sessions.ts";
import { until } from "./until.ts";

const PORT = 43_210;
const AGENT_PID = 4_711;
const PATIENCE_MS = 20_000;
const CTRL_C = "\x03";

export interface InProcessHost {
  /** how it ended; rejects when it could not start */
  ended: Promise<{ code: number; reason: ExitReason }>;
  /** resolves when the session is registered, or has failed */
  registered: Promise<RegistryRecord | undefined>;
  /** what the host wrote to its standard error, line by line */
  said(): string[];
  /** whether the agent was ever started */
  agentStarted(): boolean;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }>;
  /** Sends the host an OS signal; false when it would have died of it. */
  signal(name: OsSignal): boolean;
  untilState(state: string): Promise<void>;
}

export interface HostOptions {
  stateDir: string;
  project: string;
  /** as in HARNEX_FAULT */
  faults?: string;
  /** takes the place of parts of the world */
  world?: Partial<Platform>;
  launch?: Partial<LaunchSpec>;
  /** more of its environment */
  env?: Readonly<Record<string, string>>;
  /** what the short programs that it runs print; without it there are none */
  run?: (argv: readonly string[]) => string;
  /** the line-based agent by default */
  agent?: () => PtyProcess;
}

export function startInProcessHost(options: HostOptions): InProcessHost {
  const { stateDir, project, faults, world, launch, env, run, agent = lineAgent } = options;
  const said: string[] = [];
  /** each says whether the signal is one of its own */
  const listeners = new Set<(name: OsSignal) => boolean>();
  let handle: ServeOptions["handle"] | undefined;
  let started = false;
  const real = denoPlatform();
  const plain: Platform = {
    ...real,
    env: { HARNEX_STATE_DIR: stateDir, PATH: "/bin", ...env },
    terminal: {
      ...silentTerminal((text) => said.push(...text.trim().split(/\r?\n/))),
      onSignal(signals, callback) {
        const listener = (name: OsSignal) => {
          const own = signals.find((signal) => signal === name);
          if (own !== undefined) callback(own);
          return own !== undefined;
        };
        listeners.add(listener);
        return { [Symbol.dispose]: () => void listeners.delete(listener) };
      },
    },
    processes: fakeProcesses(run, () => {
      started = true;
      return agent();
    }),
    serve(options) {
      handle = options.handle;
      return { port: PORT, [Symbol.asyncDispose]: () => Promise.resolve() };
    },
    releaseMemory: () => {},
    ...world,
  };
  const platform = faults === undefined ? plain : withFaults(plain, parseFaults(faults));
  const registered = Promise.withResolvers<RegistryRecord | undefined>();
  const ended = hostSession({ ...launchOf(project), ...launch }, platform, {
    onRegistered(record) {
      registered.resolve(record);
      return Promise.resolve();
    },
  });
  ended.catch(() => {}).finally(() => registered.resolve(undefined));

  async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
    const record = await registered.promise;
    if (handle === undefined || record === undefined) throw new Error("the session is not there");
    const request = new Request(`http://127.0.0.1:${PORT}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${record.token}`,
        host: `127.0.0.1:${PORT}`,
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await handle(request, () => {
      throw new Error("no WebSockets here");
    });
    return { status: response.status, body: parseJson(await response.text()) };
  }

  return {
    ended,
    registered: registered.promise,
    said: () => said,
    agentStarted: () => started,
    call,
    signal(name) {
      return [...listeners].map((listener) => listener(name)).includes(true);
    },
    async untilState(state) {
      const is = async () => (await call("GET", "/status")).body["agent_state"] === state ? true : undefined;
      await until(PATIENCE_MS, is, `state ${state}`);
    },
  };
}

function launchOf(project: string): LaunchSpec {
  return {
    id: "k",
    cli: "lines",
    args: [],
    cwd: project,
    repoRoot: project,
    mode: "headless",
    env: { PATH: "/bin" },
    host: "127.0.0.1",
    portBase: PORT,
    portSpan: 1,
    autoStop: false,
    inboxTtlMs: 120_000,
    legacyPty: false,
    approvals: "auto",
    trust: false,
    summaryOut: "summary.jsonl",
  };
}

function silentTerminal(onText: (text: string) => void): LocalTerminal {
  return {
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    size: () => undefined,
    guard: () => ({ release: () => Promise.resolve() }),
    isForeground: () => false,
    enterRaw: () => Promise.resolve({ guard: undefined, [Symbol.dispose]: () => {} }),
    async *input() {},
    onSignal: () => ({ [Symbol.dispose]: () => {} }),
    writeOut: () => true,
    writeErr(bytes) {
      onText(new TextDecoder().decode(bytes));
      return true;
    },
  };
}

/** Knows this process and the agent, and can start nothing but the agent and what is made up. */
function fakeProcesses(run: HostOptions["run"], spawnAgent: () => PtyProcess): Processes {
  const nothing = () => Promise.resolve([]);
  const refuse = () => {
    throw new Error("not in this test");
  };
  return {
    find: (pid) => Promise.resolve({ pid, start: "1" }),
    isAlive: () => Promise.resolve(false),
    list: nothing,
    findByEnvironment: nothing,
    findByVariable: nothing,
    signal: () => Promise.resolve(false),
    run: (argv) =>
      run === undefined
        ? Promise.reject(new Deno.errors.NotFound("no programs here"))
        : Promise.resolve({ code: 0, stdout: run(argv), stderr: "" }),
    runOnTerminal: refuse,
    findProgram: (name) => Promise.resolve(`/bin/${name}`),
    spawnDetached: refuse,
    spawnPiped: refuse,
    spawnPty: () => Promise.resolve(spawnAgent()),
  };
}

/** Echoes what is typed, answers each line, and leaves on `/exit`. */
function lineAgent(): PtyProcess {
  return scriptedAgent({ opening: "> " }).process;
}

export interface ScriptedAgent {
  process: PtyProcess;
  /** prints more, as if by itself */
  print(text: string): void;
  /** all that was typed */
  typed(): string;
}

/** The line-based agent with another first output, for a test that needs it busy, or to print something. */
export function scriptedAgent({ opening }: { opening: string }): ScriptedAgent {
  const output = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 1_000 });
  const writer = output.writable.getWriter();
  const exit = Promise.withResolvers<{ code: number }>();
  const print = (text: string) => void writer.write(new TextEncoder().encode(text));
  let line = "";
  let typed = "";
  print(opening);
  const process: PtyProcess = {
    pid: AGENT_PID,
    exit: exit.promise,
    output: output.readable,
    write(bytes) {
      const text = new TextDecoder().decode(bytes);
      typed += text;
      for (const key of text) {
        if (key === CTRL_C) {
          line = "";
        } else if (key !== "\r") {
          line += key;
          print(key);
        } else if (line === "/exit") {
          void writer.close();
          exit.resolve({ code: 0 });
        } else {
          print(`\r\ndid: ${line}\r\n> `);
          line = "";
        }
      }
      return Promise.resolve();
    },
    resize: () => Promise.resolve(),
    release: () => Promise.resolve(),
  };
  return { process, print, typed: () => typed };
}
