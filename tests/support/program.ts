/** Runs a command line inside the test's own process, with captured output and a handed-in environment. */

import type { ProgramContext } from "../../src/cli/context.ts";
import { createOutput, type OutputOptions } from "../../src/cli/ui/output.ts";
import { runProgram, TABLE } from "../../src/cli/program.ts";
import { denoPlatform } from "../../src/platform/deno_platform.ts";

export interface ProgramOptions {
  env?: Readonly<Record<string, string>>;
  agents?: readonly string[];
  ids?: readonly string[];
  guides?: Readonly<Record<string, string>>;
  output?: Partial<OutputOptions>;
  /** the root unless said */
  cwd?: () => string;
}

export interface ProgramResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Every command, in the order of the overview. */
export const COMMANDS = await Promise.all(TABLE.rows.map(async ({ name }) => {
  const command = await TABLE.find(name);
  if (command?.name !== name) throw new TypeError(`the row ${name} leads to ${command?.name}`);
  return command;
}));
export const AGENTS = ["codex", "claude"];

export async function runInProcess(argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  const { sinks, texts } = captured();
  // Commands may look for sessions; there are none.
  const env = { HARNEX_STATE_DIR: "/nonexistent/state", ...options.env };
  const context: ProgramContext = {
    platform: { ...denoPlatform(), env },
    output: createOutput({
      sinks,
      columns: undefined,
      stdoutIsTerminal: false,
      stderrIsTerminal: false,
      env,
      ...options.output,
    }),
    get cwd() {
      return options.cwd?.() ?? "/";
    },
    readAllStdin: () => Promise.resolve(""),
    listAgents: () => Promise.resolve(options.agents ?? AGENTS),
    listIds: () => Promise.resolve(options.ids ?? []),
    listGuides: () => Promise.resolve(Object.keys(options.guides ?? {})),
    readGuide: (path) => Promise.resolve(options.guides?.[path]),
  };
  const code = await runProgram(argv, context);
  return { code, ...texts() };
}

/** What a command line means, without running it: the options that were given a value other than their default. */
export function readInProcess(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): "help" | { options: Record<string, unknown>; arguments: Record<string, unknown> } {
  const command = COMMANDS.find(({ name }) => name === argv[0]);
  if (command === undefined) throw new TypeError(`no command ${argv[0]}`);
  const prepared = command.read(argv.slice(1), { agents: AGENTS, env });
  if (prepared === "help") return prepared;
  const given = Object.entries(prepared.invocation.options).filter(([, value]) => value !== undefined);
  return { options: Object.fromEntries(given), arguments: { ...prepared.invocation.arguments } };
}

export function captured() {
  const chunks = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const take = (into: Uint8Array[]) => (bytes: Uint8Array) => into.push(bytes.slice()) > 0;
  const text = (parts: Uint8Array[]) => new TextDecoder().decode(Uint8Array.from(parts.flatMap((part) => [...part])));
  return {
    sinks: { stdout: take(chunks.stdout), stderr: take(chunks.stderr) },
    texts: () => ({ stdout: text(chunks.stdout), stderr: text(chunks.stderr) }),
  };
}
