/**
 * harnex with OpenCode or Gemini CLI, which it knows by their profiles: a sandbox with a home that talks to nobody
 * but the mock model.
 */

import { dirname, join } from "node:path";
import { agentPath } from "../agents/install.ts";
import { equal } from "./assert.ts";
import { type CliResult, createSandbox, type Sandbox } from "./cli.ts";
import { compiledHarnex } from "./compiled.ts";
import { type MockChat, startMockChat } from "./mock_chat.ts";

export type ProfiledAgent = "gemini" | "opencode";
export type Answer = Readonly<Record<string, unknown>>;

/** These programs are big, and one of them took 30 s to start on two cores that had much else to do. */
const PATIENCE_MS = 90_000;

export interface ProfiledStage extends AsyncDisposable {
  readonly mock: MockChat;
  readonly sandbox: Sandbox;
  run(...args: string[]): Promise<CliResult>;
  /** Runs harnex, which must end with `code` and one JSON line. */
  answer(code: number, ...args: string[]): Promise<Answer>;
  /** Events so far, each as its type and what distinguishes it. */
  story(id: string): Promise<string[]>;
}

/** `await using stage = setProfiledStage("gemini");` */
export function setProfiledStage(agent: ProfiledAgent): ProfiledStage {
  const program = compiledHarnex();
  const mock = startMockChat();
  const sandbox = createSandbox();
  const env = {
    PATH: `${dirname(agentPath(agent))}:${Deno.env.get("PATH") ?? "/usr/bin:/bin"}`,
    LANG: "C.UTF-8",
    ...SETTINGS[agent](sandbox.home, mock.url),
  };
  const run = (...args: string[]) => sandbox.run(args, { program, env, timeoutMs: PATIENCE_MS });
  return {
    mock,
    sandbox,
    run,
    async answer(code, ...args) {
      const result = await run(...args);
      equal(result.code, code, `harnex ${args.join(" ")}: ${JSON.stringify(result)}`);
      const value: unknown = JSON.parse(result.stdout);
      return typeof value === "object" && value !== null ? { ...value } : {};
    },
    async story(id) {
      const { stdout } = await run("events", "--id", id, "--snapshot");
      const events = stdout.trim().split("\n").map((line): Answer => JSON.parse(line));
      return events.map(({ type, from, to, msg, on, choice, status }) => {
        const what = type === "state" ? `${from} → ${to}` : msg ?? choice ?? on ?? status;
        return what === undefined ? `${type}` : `${type} ${what}`;
      });
    },
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      await mock[Symbol.asyncDispose]();
    },
  };
}

type Environment = Readonly<Record<string, string>>;

/** Writes what lets the agent start at its prompt, and gives the environment that belongs to it. */
const SETTINGS: Readonly<Record<ProfiledAgent, (home: string, url: string) => Environment>> = {
  gemini(home, url) {
    writeJson(join(home, ".gemini/settings.json"), {
      security: { auth: { selectedType: "gemini-api-key" } },
      general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
      privacy: { usageStatisticsEnabled: false },
    });
    return { GEMINI_API_KEY: "dummy", GOOGLE_GEMINI_BASE_URL: url };
  },
  opencode(home, url) {
    const provider = {
      npm: "@ai-sdk/openai-compatible",
      name: "Mock",
      options: { baseURL: `${url}/v1`, apiKey: "dummy" },
      models: { "mock-1": { name: "Mock One", tool_call: true } },
    };
    writeJson(join(home, ".config/opencode/opencode.json"), {
      autoupdate: false,
      share: "disabled",
      small_model: "mock/mock-1",
      permission: { bash: "ask" },
      provider: { mock: provider },
    });
    return {
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    };
  },
};

function writeJson(path: string, value: unknown): void {
  Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  Deno.writeTextFileSync(path, JSON.stringify(value), { mode: 0o600 });
}
