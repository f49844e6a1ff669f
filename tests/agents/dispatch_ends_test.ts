/**
 * Every way for a real agent to end leaves one start and one end in the ledger, with one verdict and one code
 * everywhere: two columns of the table, whose generic one is in tests/process.
 */

import { dirname, join } from "node:path";
import { deepEqual, equal } from "../support/assert.ts";
import { setStage as setClaudeStage } from "../support/claude_session.ts";
import { createSandbox } from "../support/cli.ts";
import { compiledHarnex } from "../support/compiled.ts";
import { say, shell, startMockResponses } from "../support/mock_responses.ts";
import { ENDS, entriesOf, waitCode, type WayToEnd } from "../support/dispatch_ends.ts";
import { listMarked } from "../support/processes.ts";
import { canMount, mountDisk, type SmallDisk } from "../support/small_disk.ts";
import { until } from "../support/until.ts";
import { untilGone } from "../support/traces.ts";
import { agentPath, agentVersion } from "./install.ts";

/** How long a killed host may leave its agent running. */
const GONE_MS = 5_000;

/** A session that runs. */
interface Seen {
  pid: number;
  hostPid: number;
  sessionId: string;
  port: number;
  token: string;
  disk: SmallDisk | undefined;
}

/** What both agents' stages can do. */
interface Stage extends AsyncDisposable {
  stateDir: string;
  answer(code: number, ...args: string[]): Promise<Readonly<Record<string, unknown>>>;
  run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** a task that is done at once, and one that goes on for minutes */
  quick: string;
  long: string;
  /** arguments that the agent refuses to start with */
  wrong: string[];
  /** makes the agent leave by itself */
  leave(session: Seen): unknown;
}

async function claudeStage(way: Way): Promise<Stage> {
  const bin = Deno.makeTempDirSync({ prefix: "harnex-test-" });
  const stage = await setClaudeStage({ env: { PATH: wrapped("claude", way, bin) } });
  return {
    stateDir: stage.sandbox.stateDir,
    answer: stage.answer,
    run: stage.run,
    quick: "DELAY 2 SAY done",
    long: "SHELL sleep 300",
    wrong: ["--no-such-option"],
    // As a person types it: what `send` sends is never a command of the agent.
    async leave({ port, token }) {
      const type = async (text: string) => {
        const body = JSON.stringify({ text, newline: false });
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
        const response = await fetch(`http://127.0.0.1:${port}/send`, { method: "POST", headers, body });
        equal(response.status, 200, await response.text());
      };
      await type("/exit");
      const shows = async () => (await stage.run("pane", "--id", "d")).stdout.includes("/exit") || undefined;
      await until(20_000, shows, "/exit on the screen");
      await type("\r");
    },
    async [Symbol.asyncDispose]() {
      await stage[Symbol.asyncDispose]();
      Deno.removeSync(bin, { recursive: true });
    },
  };
}

function codexStage(way: Way): Promise<Stage> {
  const sandbox = createSandbox();
  const bin = join(sandbox.path, "bin");
  Deno.mkdirSync(bin);
  const model = startMockResponses(({ prompt, toolOutputs }) =>
    prompt.includes("LONG") && toolOutputs.length === 0 ? shell("sleep 300") : say("done")
  );
  const home = join(sandbox.home, ".codex");
  Deno.mkdirSync(home);
  const provider = `[model_providers.mock]\nname = "mock"\nbase_url = "${model.url}"\nwire_api = "responses"\n`;
  Deno.writeTextFileSync(join(home, "config.toml"), `model = "gpt-5.5"\nmodel_provider = "mock"\n${provider}`);
  const env = { CODEX_HOME: home, PATH: wrapped("codex", way, bin) };
  const run = (...args: string[]) => sandbox.run(args, { env, program: compiledHarnex(), timeoutMs: 60_000 });
  return Promise.resolve({
    stateDir: sandbox.stateDir,
    run,
    async answer(code, ...args) {
      const result = await run(...args);
      equal(result.code, code, `harnex ${args.join(" ")}\n${result.stdout}\n${result.stderr}`);
      return JSON.parse(result.stdout);
    },
    quick: "a quick one",
    long: "LONG",
    wrong: ["-c", "approval_policy=bogus"],
    // The app server never leaves of its own accord. This one is told to by TERM, and then its status is 0; the
    // session's own process is a program around it, if there is one.
    leave({ pid, sessionId }) {
      const own = listMarked(`HARNEX_SESSION_ID=${sessionId}`).filter(({ argv }) => argv.includes("app-server"));
      Deno.kill(own.find(({ parent }) => parent === pid)?.pid ?? pid, "SIGTERM");
    },
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  });
}

interface Way {
  /** words of `run` besides agent, id and --detach */
  words?: (stage: Stage) => string[];
  /** the turn that runs, or has ended, when `act` is called */
  turn?: "quick" | "long";
  act?: (stage: Stage, session: Seen) => unknown;
  /** what the agent's program leaves with, by a wrapper around it; otherwise its own status */
  leavesWith?: number;
  /** a small disk holds the state directory */
  smallDisk?: true;
}

const WAYS: Readonly<Record<WayToEnd, Way>> = {
  "exit 0": { turn: "quick", act: (stage, session) => stage.leave(session) },
  "exit 7": { turn: "quick", act: (stage, session) => stage.leave(session), leavesWith: 7 },
  "TERM from outside": { turn: "quick", act: (_, { pid }) => Deno.kill(pid, "SIGTERM") },
  "KILL from outside": { turn: "quick", act: (_, { pid }) => Deno.kill(pid, "SIGKILL") },
  "KILL in the middle of a turn": { turn: "long", act: (_, { pid }) => Deno.kill(pid, "SIGKILL") },
  "KILL of the host": {
    turn: "quick",
    async act(stage, { hostPid, sessionId }) {
      Deno.kill(hostPid, "SIGKILL");
      await untilGone(sessionId, { pids: [hostPid], limitMs: GONE_MS });
      await stage.run("doctor", "--adapter", "generic", "--sweep");
    },
  },
  "a failed boot": { words: ({ wrong }) => ["--", ...wrong] },
  "--max-runtime": { words: () => ["--max-runtime", "4"] },
  "stop, after a turn": { turn: "quick", act: (stage) => stop(stage) },
  "stop in the middle of a turn": { turn: "long", act: (stage) => stop(stage) },
  "--auto-stop": { words: (stage) => ["--context", stage.quick, "--auto-stop"] },
  "a full disk": {
    turn: "quick",
    smallDisk: true,
    act: (stage, { disk }) => {
      disk?.fill();
      return stop(stage);
    },
  },
};

const stop = (stage: Stage) => stage.answer(0, "stop", "--id", "d");

for (const agent of ["claude", "codex"] as const) {
  for (const [name, way] of entriesOf(WAYS)) {
    const expected = ENDS[name][agent];
    Deno.test({
      name: `a dispatch to ${agent} is accounted for: ${name}`,
      ignore: way.smallDisk === true && !canMount(),
      async fn() {
        await using stage = await (agent === "claude" ? claudeStage(way) : codexStage(way));
        await using disk = way.smallDisk ? await mountDisk(stage.stateDir, "8m") : undefined;
        const words = way.words?.(stage) ?? [];
        await stage.run("run", agent, "--id", "d", "--detach", "--timeout", "60", ...words);
        if (way.turn === "quick") await stage.answer(0, "send", "--id", "d", "--wait-for-idle", stage.quick);
        if (way.turn === "long") await stage.answer(0, "send", "--id", "d", stage.long);
        await way.act?.(stage, { ...pidsOf(stage.stateDir), disk });
        const waited = await stage.run("wait", "--id", "d", "--timeout", "60");
        const record = JSON.parse(waited.stdout);
        const story = (await stage.run("events", "--id", "d", "--snapshot")).stdout;
        deepEqual({ exit: record.reason, code: record.exit_code }, expected, story);
        equal(waited.code, waitCode(expected));
        const last = JSON.parse(story.trimEnd().split("\n").at(-1) ?? "{}");
        deepEqual([last.type, last.reason, last.code], ["exited", expected.exit, expected.code]);

        const text = Deno.readTextFileSync(join(stage.stateDir, "dispatches.jsonl"));
        const rows = text.trimEnd().split("\n").map((line) => JSON.parse(line));
        deepEqual(rows.map(({ type, id }) => [type, id]), [["dispatch_start", "d"], ["dispatch_end", "d"]]);
        deepEqual({ exit: rows[1].actual.exit, code: rows[1].exit_code }, expected);
        if (expected.exit !== "lost") equal(rows[1].meta.agent_version, agentVersion(agent));
        // Claude Code writes its transcript a moment after the turn; one that is killed may not have come to it.
        const tellsTokens = way.turn === "quick" && record.signal !== 9 && expected.exit !== "lost";
        if (tellsTokens) equal(rows[1].actual.output_tokens > 0, true);
      },
    });
  }
}

/** Puts a program in the agent's place that runs it and leaves with a status of its own; gives the PATH for it. */
function wrapped(agent: "claude" | "codex", { leavesWith }: Way, folder: string): string {
  const own = dirname(agentPath(agent));
  const path = `${own}:${Deno.env.get("PATH")}`;
  if (leavesWith === undefined) return path;
  const script =
    `#!/bin/sh\n[ "$1" = --version ] && exec ${own}/${agent} "$@"\n${own}/${agent} "$@"\nexit ${leavesWith}\n`;
  Deno.writeTextFileSync(join(folder, agent), script, { mode: 0o755 });
  return `${folder}:${path}`;
}

function pidsOf(stateDir: string): Omit<Seen, "disk"> {
  const folder = join(stateDir, "sessions");
  const [name] = [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((entry) => entry.endsWith(".json"));
  const { pid, host_pid, session_id, port, token } = JSON.parse(Deno.readTextFileSync(join(folder, name ?? "")));
  return { pid, hostPid: host_pid, sessionId: session_id, port, token };
}
