/**
 * A sandbox with the fake agents on its PATH, and short ways to start sessions and to look at what they leave.
 * File names, key and slug are computed here on their own, so that a mistake in the product shows.
 */

import { createHash } from "node:crypto";
import { delimiter, join } from "node:path";
import { equal } from "./assert.ts";
import {
  type CliOptions,
  type CliResult,
  createSandbox,
  harnexEnvironment,
  type RunningCli,
  type Sandbox,
} from "./cli.ts";
import { openTerminal, type OuterOptions, type OuterTerminal } from "./outer_terminal.ts";
import { listMarked } from "./processes.ts";
import { type TextWatch, watchText } from "./text_watch.ts";
import { ROOT } from "./tree.ts";

export type Json = Readonly<Record<string, unknown>>;

/** A command's result with the JSON that it printed. */
export interface Answer {
  code: number;
  answer: Json;
  stderr: string;
}

/** What a test needs of a live session's record. */
export interface LiveRecord {
  id: string;
  sessionId: string;
  pid: number;
  hostPid: number;
  port: number;
  token: string;
  json: Json;
}

export interface SessionFiles {
  record: string;
  exit: string;
  events: string;
  output: string;
}

export interface Sessions extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly env: Readonly<Record<string, string>>;
  run(args: readonly string[], options?: Partial<CliOptions>): Promise<CliResult>;
  spawn(args: readonly string[], options?: Partial<CliOptions>): RunningCli & { out: TextWatch; err: TextWatch };
  /** Runs a command that prints one JSON line. */
  ask(args: readonly string[], options?: Partial<CliOptions>): Promise<Answer>;
  /** `run --detach`, and the record that it left. */
  start(id: string, words: readonly string[], options?: Partial<CliOptions>): Promise<LiveRecord>;
  /** The same, and then waits for its prompt. */
  startReady(id: string, words: readonly string[], options?: Partial<CliOptions>): Promise<LiveRecord>;
  /** A terminal in which harnex, or another program, runs. */
  open(argv: readonly string[], options?: Partial<OuterOptions>): Promise<OuterTerminal>;
  files(id: string, root?: string): SessionFiles;
  record(id: string): LiveRecord;
  exitRecord(id: string): Json;
  events(id: string): Json[];
  transcript(id: string): string;
  /** Calls the session's API. */
  call(session: LiveRecord, path: string, init?: RequestInit & { token?: string | null }): Promise<Response>;
}

/** `await using sessions = createSessions();` Agents of one's own come with a PATH and what else `setUp` gives. */
export function createSessions(setUp: (sandbox: Sandbox) => Partial<CliOptions> = () => ({})): Sessions {
  const sandbox = createSandbox();
  const PATH = [join(ROOT, "tests/support/fake_agents"), Deno.env.get("PATH") ?? "/usr/bin:/bin"].join(delimiter);
  const defaults = setUp(sandbox);
  const env = { PATH, ...defaults.env };
  const withEnv = (options: Partial<CliOptions> = {}) => ({ ...defaults, ...options, env: { ...env, ...options.env } });

  const run: Sessions["run"] = (args, options) => sandbox.run(args, withEnv(options));

  async function ask(args: readonly string[], options?: Partial<CliOptions>): Promise<Answer> {
    const { code, stdout, stderr } = await run(args, options);
    return { code, answer: parseJson(stdout, stderr), stderr };
  }

  async function start(id: string, words: readonly string[], options?: Partial<CliOptions>): Promise<LiveRecord> {
    const result = await run(["run", "--detach", "--timeout", "30", "--id", id, ...words], options);
    equal(result.code, 0, result.stderr);
    return record(id);
  }

  function files(id: string, root = sandbox.project): SessionFiles {
    const name = fileName(root, id);
    const at = (folder: string, extension: string) => join(sandbox.stateDir, folder, `${name}.${extension}`);
    return {
      record: at("sessions", "json"),
      exit: at("exits", "json"),
      events: at("events", "jsonl"),
      output: at("output", "log"),
    };
  }

  function record(id: string): LiveRecord {
    const json = parseJson(Deno.readTextFileSync(files(id).record));
    return {
      id: String(json["id"]),
      sessionId: String(json["session_id"]),
      pid: Number(json["pid"]),
      hostPid: Number(json["host_pid"]),
      port: Number(json["port"]),
      token: String(json["token"]),
      json,
    };
  }

  return {
    sandbox,
    env,
    run,
    spawn(args, options) {
      const child = sandbox.spawn(args, withEnv(options));
      return Object.assign(child, { out: watchText(child.stdout), err: watchText(child.stderr) });
    },
    ask,
    start,
    async startReady(id, words, options) {
      const started = await start(id, words, options);
      const ready = await run(["wait", "--id", id, "--until", "prompt", "--timeout", "30"]);
      equal(ready.code, 0, ready.stdout + ready.stderr);
      return started;
    },
    open(argv, options) {
      const base = harnexEnvironment({ stateDir: sandbox.stateDir, home: sandbox.home, env });
      return openTerminal(argv, { cwd: sandbox.project, ...options, env: { ...base, ...options?.env } });
    },
    files,
    record,
    exitRecord: (id) => parseJson(Deno.readTextFileSync(files(id).exit)),
    events: (id) => readLines(files(id).events).map((line) => parseJson(line)),
    transcript: (id) => Deno.readTextFileSync(files(id).output),
    call(session, path, { token = session.token, ...init } = {}) {
      const headers = new Headers(init.headers);
      if (token !== null) headers.set("authorization", `Bearer ${token}`);
      return fetch(`http://127.0.0.1:${session.port}${path}`, { ...init, headers });
    },
    async [Symbol.asyncDispose]() {
      for (const { pid } of listMarked(`HARNEX_STATE_DIR=${sandbox.stateDir}`)) killQuietly(pid);
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

/** `<key>--<slug>` */
export function fileName(root: string, id: string): string {
  const slug = id.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return `${sha256(root).slice(0, 16)}--${slug === "" ? "default" : slug}`;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** One JSON object; anything else fails the test with what it was. */
export function parseJson(text: string, also = ""): Json {
  const value: unknown = JSON.parse(text === "" ? "null" : text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`no JSON object: ${JSON.stringify(text)} ${also}`);
}

function readLines(path: string): string[] {
  return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
}

function killQuietly(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // it has just ended
  }
}

export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
