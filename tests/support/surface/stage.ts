/**
 * Where the scenes of the surface play: one state directory, a git repository, fake agents, and a way to run a command
 * and keep the form of what it prints.
 */

import { delimiter, join } from "node:path";
import { createRepo } from "../git_repo.ts";
import { createSessions, type Json, type LiveRecord, parseJson, type Sessions } from "../sessions.ts";
import { ROOT } from "../tree.ts";
import { until } from "../until.ts";
import { createFacts, type Facts, shapeOf } from "./facts.ts";

/** Generous for a loaded machine. */
const COMMAND_MS = 30_000;
const SETTLE_MS = 20_000;

export interface Stage extends AsyncDisposable {
  readonly facts: Facts;
  readonly sessions: Sessions;
  /**
   * Runs a command and notes its exit status, and the form of each JSON line that it prints, under `name`. `settled`
   * says of an answer whether it is the one that is meant: a session that is slow to answer is told from its record.
   */
  print(name: string, args: readonly string[], settled?: (answer: Json | undefined) => boolean): Promise<Json[]>;
  /** The same without noting anything; fails unless the command succeeds. */
  run(...args: string[]): Promise<string>;
  /** Calls the API of a session and notes the status and form of the answer. */
  call(session: LiveRecord, route: string, options?: CallOptions): Promise<Json>;
}

export interface CallOptions {
  /** instead of the path in the route, which may have a placeholder */
  path?: string;
  body?: unknown;
}

/** Several stages may collect the same facts. */
export function openStage(program: readonly string[], facts: Facts = createFacts()): Stage {
  const sessions = createSessions(() => ({
    program,
    timeoutMs: COMMAND_MS,
    env: { PATH: [...FAKES, "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter), NO_COLOR: "1" },
  }));
  createRepo(sessions.sandbox.project).write("README", "a project\n");
  createRepo(sessions.sandbox.project).commit("first");

  return {
    facts,
    sessions,
    async print(name, args, settled = () => true) {
      const { code, values, answers } = await until(SETTLE_MS, async () => {
        const { code, stdout, stderr } = await sessions.run(args);
        const lines = stdout.split("\n").filter((line) => line !== "");
        const values = lines.map((line) => parse(line, `${name}: ${stdout}${stderr}`));
        const answers = values.flat().map((value) => parseJson(JSON.stringify(value)));
        return settled(answers[0]) ? { code, values, answers } : undefined;
      }, name);
      facts.add("output", `${name} > exit status ${code}`);
      for (const value of values) facts.shape("output", name, value);
      return answers;
    },
    async run(...args) {
      const { code, stdout, stderr } = await sessions.run(args);
      if (code !== 0) throw new Error(`harnex ${args.join(" ")} exited ${code}: ${stdout}${stderr}`);
      return stdout;
    },
    async call(session, route, { path, body } = {}) {
      const [method = "", template = ""] = route.split(" ");
      const response = await sessions.call(session, path ?? template, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      const answer = parseJson(await response.text());
      facts.add("http", ...shapeOf(answer).map((fact) => `${route} ${response.status} > ${fact}`));
      return answer;
    },
    [Symbol.asyncDispose]: () => sessions[Symbol.asyncDispose](),
  };
}

const FAKES = ["stand_ins", "fake_agents"].map((folder) => join(ROOT, "tests/support", folder));

function parse(line: string, also: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error(`this is no line of JSON: ${line}\n${also}`);
  }
}
