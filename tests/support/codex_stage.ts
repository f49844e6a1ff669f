/**
 * The compiled harnex with the real Codex, in a sandbox of its own and with a mock of the model's API.
 */

import { dirname, join } from "node:path";
import { agentPath } from "../agents/install.ts";
import { equal } from "./assert.ts";
import { createSandbox, type RunningCli, type Sandbox } from "./cli.ts";
import { compiledHarnex } from "./compiled.ts";
import { type MockResponses, startMockResponses } from "./mock_responses.ts";

export interface CodexStage extends AsyncDisposable {
  sandbox: Sandbox;
  model: MockResponses;
  /** Runs harnex and gives its JSON answer; fails on another exit code. */
  answer(code: number, ...args: string[]): Promise<Record<string, unknown>>;
  events(id: string): Promise<Record<string, unknown>[]>;
  /** Starts harnex and leaves it running. */
  spawn(args: readonly string[], env?: Readonly<Record<string, string>>): RunningCli;
  /** Where the one session that runs is called. */
  session(): { port: number; token: string };
  /** The same with more in the environment. */
  in(env: Readonly<Record<string, string>>): Pick<CodexStage, "answer">;
}

export function setCodexStage(
  script: Parameters<typeof startMockResponses>[0],
  options: CodexHomeOptions = {},
): CodexStage {
  const sandbox = createSandbox();
  const model = startMockResponses(script);
  const env = setUpCodex(sandbox, model, options);
  async function run(code: number, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
    const result = await sandbox.run(args, { env: { ...env, ...more }, program: compiledHarnex(), timeoutMs: 60_000 });
    equal(result.code, code, `harnex ${args.join(" ")}\n${result.stdout}\n${result.stderr}`);
    return result.stdout;
  }
  return {
    sandbox,
    model,
    answer: async (code, ...args) => JSON.parse(await run(code, args)),
    in: (more) => ({ answer: async (code, ...args) => JSON.parse(await run(code, args, more)) }),
    events: async (id) =>
      (await run(0, ["events", "--id", id, "--snapshot"])).trim().split("\n").map((line) => JSON.parse(line)),
    spawn: (args, more = {}) => sandbox.spawn(args, { program: compiledHarnex(), env: { ...env, ...more } }),
    session() {
      const folder = join(sandbox.stateDir, "sessions");
      const [file] = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".json"));
      const { port, token } = JSON.parse(Deno.readTextFileSync(join(folder, file?.name ?? "")));
      return { port, token };
    },
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

export interface CodexHomeOptions {
  /** lines of the person's own at the top of `config.toml` */
  settings?: readonly string[];
}

/** Configures Codex in a sandbox for the mock; gives the environment in which it is found. */
export function setUpCodex(
  sandbox: Sandbox,
  { url }: MockResponses,
  { settings = [] }: CodexHomeOptions = {},
): { CODEX_HOME: string; PATH: string } {
  const home = `${sandbox.home}/.codex`;
  Deno.mkdirSync(home);
  Deno.writeTextFileSync(
    `${home}/config.toml`,
    [
      ...settings,
      'model = "gpt-5.5"',
      'model_provider = "mock"',
      "[model_providers.mock]",
      'name = "mock"',
      `base_url = "${url}"`,
      'wire_api = "responses"',
      "[notice.model_migrations]",
      '"gpt-5.5" = "gpt-6-sol"',
      "",
    ].join("\n"),
  );
  return { CODEX_HOME: home, PATH: `${dirname(agentPath("codex"))}:${Deno.env.get("PATH")}` };
}
