/**
 * Every way for a real agent to end leaves one start and one end in the ledger, with one verdict and one code
 * everywhere.
 */

import { dirname, join } from "node:path";
import { deepEqual, equal } from "../support/assert.ts";
import { setStage as setClaudeStage } from "../support/claude_session.ts";
import { createSandbox } from "../support/cli.ts";
import { compiledHarnex } from "../support/compiled.ts";
import { say, shell, startMockResponses } from "../support/mock_responses.ts";
import { untilGone } from "../support/traces.ts";
import { agentPath, agentVersion } from "./install.ts";

/** How long a killed host may leave its agent running. */
const GONE_MS = 5_000;

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
}

async function claudeStage(): Promise<Stage> {
  const stage = await setClaudeStage();
  return {
    stateDir: stage.sandbox.stateDir,
    answer: stage.answer,
    run: stage.run,
    quick: "DELAY 2 SAY done",
    long: "SHELL sleep 300",
    wrong: ["--no-such-option"],
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

function codexStage(): Promise<Stage> {
  const sandbox = createSandbox();
  const model = startMockResponses(({ prompt, toolOutputs }) =>
    prompt.includes("LONG") && toolOutputs.length === 0 ? shell("sleep 300") : say("done")
  );
  const home = join(sandbox.home, ".codex");
  Deno.mkdirSync(home);
  const provider = `[model_providers.mock]\nname = "mock"\nbase_url = "${model.url}"\nwire_api = "responses"\n`;
  Deno.writeTextFileSync(join(home, "config.toml"), `model = "gpt-5.5"\nmodel_provider = "mock"\n${provider}`);
  const env = { CODEX_HOME: home, PATH: `${dirname(agentPath("codex"))}:${Deno.env.get("PATH")}` };
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
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  });
}

interface Way {
  name: string;
  /** words of `run` besides agent, id and --detach */
  words?: (stage: Stage) => string[];
  /** the turn that runs, or has ended, when `act` is called */
  turn?: "quick" | "long";
  act?: (stage: Stage, pids: { pid: number; hostPid: number; sessionId: string }) => unknown;
  expected: Readonly<Record<"claude" | "codex", { exit: string; code: number | null }>>;
}

const both = (exit: string, code: number | null) => ({ claude: { exit, code }, codex: { exit, code } });

const WAYS: Way[] = [
  {
    name: "TERM from outside, after a turn",
    turn: "quick",
    act: (_, { pid }) => Deno.kill(pid, "SIGTERM"),
    // Codex leaves with 0 when it is told to.
    expected: { claude: { exit: "failure", code: 143 }, codex: { exit: "success", code: 0 } },
  },
  {
    name: "KILL from outside, after a turn",
    turn: "quick",
    act: (_, { pid }) => Deno.kill(pid, "SIGKILL"),
    expected: both("failure", 137),
  },
  {
    name: "KILL in the middle of a turn",
    turn: "long",
    act: (_, { pid }) => Deno.kill(pid, "SIGKILL"),
    expected: both("disconnected", 137),
  },
  {
    name: "KILL of the host",
    turn: "quick",
    async act(stage, { hostPid, sessionId }) {
      Deno.kill(hostPid, "SIGKILL");
      await untilGone(sessionId, { pids: [hostPid], limitMs: GONE_MS });
      await stage.run("doctor", "--adapter", "generic", "--sweep");
    },
    expected: both("lost", null),
  },
  {
    name: "a failed boot",
    words: ({ wrong }) => ["--", ...wrong],
    expected: { claude: { exit: "failure", code: 1 }, codex: { exit: "boot_failure", code: 1 } },
  },
  { name: "--max-runtime", words: () => ["--max-runtime", "4"], expected: both("timeout", 124) },
  { name: "stop, after a turn", turn: "quick", act: (stage) => stop(stage), expected: both("success", 0) },
  { name: "stop in the middle of a turn", turn: "long", act: (stage) => stop(stage), expected: both("stopped", 0) },
  {
    name: "--auto-stop",
    words: (stage) => ["--context", stage.quick, "--auto-stop"],
    expected: both("success", 0),
  },
];

const stop = (stage: Stage) => stage.answer(0, "stop", "--id", "d");

for (const [agent, setStage] of [["claude", claudeStage], ["codex", codexStage]] as const) {
  for (const way of WAYS) {
    Deno.test(`a dispatch to ${agent} is accounted for: ${way.name}`, async () => {
      await using stage = await setStage();
      await stage.run("run", agent, "--id", "d", "--detach", "--timeout", "60", ...way.words?.(stage) ?? []);
      const expected = way.expected[agent];
      if (way.turn === "quick") await stage.answer(0, "send", "--id", "d", "--wait-for-idle", stage.quick);
      if (way.turn === "long") await stage.answer(0, "send", "--id", "d", stage.long);
      await way.act?.(stage, pidsOf(stage.stateDir));
      const waited = await stage.run("wait", "--id", "d", "--timeout", "60");
      const record = JSON.parse(waited.stdout);
      const story = (await stage.run("events", "--id", "d", "--snapshot")).stdout;
      deepEqual({ exit: record.reason, code: record.exit_code }, expected, story);
      equal(waited.code, expected.code ?? 1);

      const text = Deno.readTextFileSync(join(stage.stateDir, "dispatches.jsonl"));
      const rows = text.trimEnd().split("\n").map((line) => JSON.parse(line));
      deepEqual(rows.map(({ type, id }) => [type, id]), [["dispatch_start", "d"], ["dispatch_end", "d"]]);
      deepEqual({ exit: rows[1].actual.exit, code: rows[1].exit_code }, expected);
      if (expected.exit !== "lost") equal(rows[1].meta.agent_version, agentVersion(agent));
      // Claude Code writes its transcript a moment after the turn; one that is killed may not have come to it.
      const tellsTokens = way.turn === "quick" && record.signal !== 9 && expected.exit !== "lost";
      if (tellsTokens) equal(rows[1].actual.output_tokens > 0, true);
    });
  }
}

function pidsOf(stateDir: string): { pid: number; hostPid: number; sessionId: string } {
  const folder = join(stateDir, "sessions");
  const [name] = [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((entry) => entry.endsWith(".json"));
  const { pid, host_pid, session_id } = JSON.parse(Deno.readTextFileSync(join(folder, name ?? "")));
  return { pid, hostPid: host_pid, sessionId: session_id };
}
