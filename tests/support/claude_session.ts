/**
 * The compiled harnex with the real Claude Code, in a sandbox of its own: state directory, home, project folder, a
 * mock of the model's API and a tmux server. Nothing of it is left when its scope ends.
 */

import { dirname, join } from "node:path";
import { agentPath } from "../agents/install.ts";
import { parseEvent, type ReadEvent } from "../../src/model/events.ts";
import { type ClaudeHomeOptions, makeClaudeHome } from "./claude_home.ts";
import { type CliResult, createSandbox, harnexEnvironment, type RunningCli, type Sandbox } from "./cli.ts";
import { compiledHarnex } from "./compiled.ts";
import { type MockMessages, startMockMessages } from "./mock_messages.ts";
import { untilGone } from "./traces.ts";
import { within } from "./within.ts";

/** For one harnex command, or one thing of the agent, on a machine with two busy cores. */
export const PATIENCE_MS = 60_000;

export type Answer = Readonly<Record<string, unknown>>;

export interface ClaudeStage extends AsyncDisposable {
  readonly mock: MockMessages;
  readonly sandbox: Sandbox;
  /** The program that is harnex here, and what it is started with in a terminal of the test's own. */
  readonly program: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Starts harnex and leaves it running. */
  spawn(args: readonly string[], env?: Readonly<Record<string, string>>): RunningCli;
  /** Runs harnex; the code is the test's business. */
  run(...args: string[]): Promise<CliResult>;
  /** Runs harnex, which must end with `code` and one JSON line. */
  answer(code: number, ...args: string[]): Promise<Answer>;
  /** `run claude … --detach` or `--tmux`, and what the session can be found by. */
  start(mode: "--detach" | "--tmux", id: string, ...args: string[]): Promise<Started>;
  /** The events so far. */
  events(id: string): Promise<ReadEvent[]>;
  /** The one file of this kind in the state directory, parsed; undefined when there is none. */
  record(kind: "sessions" | "exits"): Answer | undefined;
  /** The first event of the run, past or to come, that passes the test. */
  event(id: string, test: (event: ReadEvent) => boolean): Promise<ReadEvent>;
  /** The content of a file of the project folder, as soon as the agent or a tool of it has written it. */
  appears(name: string): Promise<string>;
}

export interface Started {
  /** what `run` printed */
  answer: Answer;
  sessionId: string;
  agentPid: number;
  hostPid: number;
  port: number;
  /** Milliseconds until no process of it was left; throws when that takes longer than `limitMs`. */
  untilGone(limitMs: number): Promise<number>;
}

export interface StageOptions extends Pick<ClaudeHomeOptions, "pending" | "settings" | "sessionFiles"> {
  env?: Readonly<Record<string, string>>;
}

/** `await using stage = await setStage();` */
export async function setStage({ env: extra = {}, ...wanted }: StageOptions = {}): Promise<ClaudeStage> {
  const program = compiledHarnex();
  const path = `${dirname(agentPath("claude"))}:${Deno.env.get("PATH") ?? "/usr/bin:/bin"}`;
  await using cleanup = new AsyncDisposableStack();
  const mock = cleanup.use(startMockMessages());
  const sandbox = cleanup.use(createSandbox());
  const home = await makeClaudeHome({ directory: sandbox.path, url: mock.url, path, ...wanted });
  const tmuxFolder = join(sandbox.path, "tmux");
  await Deno.mkdir(tmuxFolder, { mode: 0o700 });
  const env = { ...home.env, TMUX_TMPDIR: tmuxFolder, ...extra };
  cleanup.defer(async () =>
    void await new Deno.Command("tmux", { args: ["kill-server"], clearEnv: true, env }).output()
  );

  const run = (...args: string[]) => sandbox.run(args, { program, env, timeoutMs: PATIENCE_MS });
  const record = (kind: "sessions" | "exits") => {
    const folder = join(sandbox.stateDir, kind);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".json"));
    if (names.length > 1) throw new Error(`${kind} holds ${names.join(", ")}`);
    return names[0] === undefined ? undefined : parseObject(Deno.readTextFileSync(join(folder, names[0])));
  };
  const answer = async (code: number, ...args: string[]) => {
    const result = await run(...args);
    if (result.code === code && /^[^\n]+\n$/.test(result.stdout)) return parseObject(result.stdout);
    const told = JSON.stringify({ ...result, stdout: result.stdout.slice(0, 4_000) });
    throw new Error(`harnex ${args.join(" ").slice(0, 200)}: not exit code ${code} and one line, but ${told}`);
  };

  /** What a person would look at when something did not come. */
  const story = async () => {
    const ids = [...Deno.readDirSync(join(sandbox.stateDir, "logs"))].map(({ name }) => name.replace(/\.log$/, ""));
    const shown = ids.flatMap((id) => [run("events", "--id", id, "--snapshot"), run("logs", "--plain", "--id", id)]);
    const parts = (await Promise.all(shown)).map(({ stdout, stderr }) => stdout + stderr);
    return [...parts, JSON.stringify(mock.requests)].join("\n");
  };

  const owned = cleanup.move();
  return {
    mock,
    sandbox,
    program,
    env: harnexEnvironment({ stateDir: sandbox.stateDir, home: sandbox.home, env }),
    spawn: (args, more = {}) => sandbox.spawn(args, { program, env: { ...env, ...more } }),
    run,
    answer,
    record,
    async start(mode, id, ...args) {
      const started = await answer(0, "run", "claude", "--id", id, mode, "--timeout", "60", ...args);
      const { session_id, pid, host_pid, port } = record("sessions") ?? {};
      const sessionId = String(session_id);
      const [agentPid, hostPid] = [Number(pid), Number(host_pid)];
      return {
        answer: started,
        sessionId,
        agentPid,
        hostPid,
        port: Number(port),
        untilGone: (limitMs) => untilGone(sessionId, { pids: [agentPid, hostPid], limitMs }),
      };
    },
    async events(id) {
      const { stdout } = await run("events", "--id", id, "--snapshot");
      return stdout.split("\n").flatMap((line) => parseEvent(line) ?? []);
    },
    async event(id, test) {
      await using following = sandbox.spawn(["events", "--id", id], { program, env });
      const find = async () => {
        for await (const line of linesOf(following.stdout)) {
          const event = parseEvent(line);
          if (event !== undefined && test(event)) return event;
        }
        throw new Error("the events ended");
      };
      try {
        return await within(PATIENCE_MS, find(), `the event ${test}`);
      } catch (cause) {
        throw new Error(`the event ${test} did not come; ${await story()}`, { cause });
      }
    },
    async appears(name) {
      const file = join(sandbox.project, name);
      try {
        await within(PATIENCE_MS, untilWritten(file), `the file ${name}`);
      } catch (cause) {
        throw new Error(`the file ${name} did not appear; ${await story()}`, { cause });
      }
      return Deno.readTextFileSync(file);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

async function untilWritten(file: string): Promise<void> {
  using watcher = Deno.watchFs(dirname(file));
  if (hasContent(file)) return;
  for await (const _change of watcher) if (hasContent(file)) return;
}

function hasContent(path: string): boolean {
  try {
    return Deno.statSync(path).size > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function parseObject(text: string): Answer {
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null ? { ...value } : {};
}
