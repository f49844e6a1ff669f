/**
 * What every benchmark is given, and sessions of the measured program to measure with.
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createSandbox, type Sandbox } from "../support/cli.ts";
import type { Builds } from "./build.ts";
import type { Figure } from "./figure.ts";

export interface World {
  builds: Builds;
  /** the long version: 10,000 messages, 1 GB of output */
  full: boolean;
  note: (text: string) => void;
}

export interface Benchmark {
  name: string;
  /** reads /proc */
  linuxOnly?: true;
  run: (world: World) => Promise<Figure[]>;
}

export interface Session {
  id: string;
  hostPid: number;
  agentPid: number;
  outputLog: string;
  eventsLog: string;
  api(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** Resolves when the agent is at its prompt. */
  ready(): Promise<void>;
}

export interface BenchSandbox extends Sandbox {
  /** Runs the measured program; throws when it does not exit with 0. */
  harnex(...args: string[]): Promise<string>;
  /** Milliseconds from start to exit of the measured program, or of another. */
  time(args: readonly string[], program?: string): Promise<number>;
  start(id: string, agent: readonly string[]): Promise<Session>;
}

/** A shell that prints a prompt and then answers each line; it costs next to nothing. */
export const LINE_AGENT = ["/bin/sh", "-c", `printf '> '; while read -r line; do printf 'ok %s\\n> ' "$line"; done`];

/** Draws its own input line in raw mode, as agents do, and takes a message the moment Enter arrives. */
export const RAW_AGENT = [
  Deno.execPath(),
  "run",
  "--quiet",
  "--no-config",
  fileURLToPath(new URL("raw_agent.ts", import.meta.url)),
];

/** Long enough for the busiest machine; a benchmark that waits this long has failed. */
export const PATIENCE_MS = 60_000;

export function createBenchSandbox({ builds }: World): BenchSandbox {
  const sandbox = createSandbox();
  const program = [builds.harnex];
  const env = {
    PATH: Deno.env.get("PATH") ?? "",
    HOME: sandbox.home,
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    HARNEX_STATE_DIR: sandbox.stateDir,
  };

  async function harnex(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await sandbox.run(args, { program, timeoutMs: PATIENCE_MS });
    if (code !== 0) throw new Error(`harnex ${args.join(" ")} exited with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  return {
    ...sandbox,
    harnex,
    async time(args, other = builds.harnex) {
      const startedAt = performance.now();
      const { success } = await new Deno.Command(other, {
        args: [...args],
        cwd: sandbox.project,
        clearEnv: true,
        env,
        stdin: "null",
        stdout: "null",
        stderr: "inherit",
      }).spawn().status;
      if (!success) throw new Error(`${other} ${args.join(" ")} failed`);
      return performance.now() - startedAt;
    },
    async start(id, [agent = "", ...args]) {
      const folder = join(sandbox.stateDir, "sessions");
      await harnex("run", agent, "--id", id, "--detach", "--timeout", "30", "--", ...args);
      const file = [...Deno.readDirSync(folder)].find(({ name }) => name.endsWith(`--${id}.json`));
      if (file === undefined) throw new Error(`no record of session ${id}`);
      return toSession(id, JSON.parse(Deno.readTextFileSync(join(folder, file.name))));
    },
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** At most so many programs start at the same moment on a machine with two cores. */
const STARTS_AT_ONCE = 4;

/** Cheap sessions, all at their prompt. */
export async function startMany(sandbox: BenchSandbox, count: number): Promise<Session[]> {
  const sessions: Session[] = [];
  let next = 0;
  const starter = async () => {
    while (next < count) sessions.push(await sandbox.start(`m${next++}`, LINE_AGENT));
  };
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, starter));
  await Promise.all(sessions.map((session) => session.ready()));
  return sessions;
}

function toSession(id: string, record: Readonly<Record<string, unknown>>): Session {
  const base = `http://127.0.0.1:${record["port"]}`;
  async function api(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${record["token"]}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: Record<string, unknown> = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }
  return {
    id,
    hostPid: Number(record["host_pid"]),
    agentPid: Number(record["pid"]),
    outputLog: String(record["output_log_path"]),
    eventsLog: String(record["events_log_path"]),
    api,
    async ready() {
      const deadline = performance.now() + PATIENCE_MS;
      for (;;) {
        const status = await api("GET", "/status");
        if (status["agent_state"] === "prompt") return;
        if (performance.now() > deadline) {
          const shown = [status, (await api("GET", "/screen"))["lines"]].map((part) => JSON.stringify(part)).join(" ");
          throw new Error(`session ${id} did not come to its prompt: ${shown}`);
        }
        await pause(20);
      }
    },
  };
}

/** When the session's last turn ended, as its event says. */
export function lastCompletion({ eventsLog }: Session): number {
  const lines = Deno.readTextFileSync(eventsLog).trimEnd().split("\n");
  const line = lines.findLast((candidate) => candidate.includes('"type":"task_complete"'));
  if (line === undefined) throw new Error("no task_complete in the event log");
  return Date.parse(String(JSON.parse(line).ts));
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
