/** `harnex run`: starts an agent in a session. */

import { resolve } from "node:path";
import { AGENTS } from "../../adapters/mod.ts";
import { launchEnvironment, launchHost } from "../../client/launch.ts";
import { freeName } from "../../client/names.ts";
import { findSession, listLive, type Store } from "../../client/store.ts";
import { resolvePlace } from "../../client/target.ts";
import { watchSession } from "../../client/watch.ts";
import { installedVersion } from "../../host/agent_version.ts";
import { HarnexError } from "../../model/errors.ts";
import { exposureOf, type LaunchMode, type LaunchSpec } from "../../model/launch.ts";
import { setting } from "../../model/setting.ts";
import type { Platform } from "../../platform/platform.ts";
import { readAgentFile } from "../../store/agent_files.ts";
import { slugOf } from "../../store/paths.ts";
import { alreadyActive } from "../../store/registry.ts";
import type { CommandContext } from "../context.ts";
import { remainingWords, requiredWord } from "../parser/argument.ts";
import { probeNote } from "../probe_note.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import {
  choice,
  duration,
  flag,
  flagBefore,
  integer,
  jsonObject,
  neverBlank,
  optionalText,
  sessionId,
  text,
  unlessBlank,
  withDefault,
} from "../parser/option.ts";
import { EXIT_USAGE } from "../parser/shared_options.ts";
import { parseInteger } from "../parser/value.ts";
import { PRESET_HELP, PRESET_NAMES, watchLimits, watchOptions } from "../parser/watch_options.ts";
import { spinWhile } from "../ui/spinner.ts";

/** In the order of help: the most used options come first. */
const OPTIONS = {
  id: sessionId({ help: "id of the session", defaultText: "a random adjective-noun" }),
  description: unlessBlank(text({ placeholder: "TEXT", help: "short description, shown by status" })),
  detach: flag("run in the background; print one JSON line and return"),
  tmux: optionalText({
    placeholder: "NAME",
    help: "run in a tmux window with this name and return; inside tmux in the current tmux session, otherwise in a " +
      "tmux session named harnex",
    defaultText: "the id",
  }),
  context: text({ placeholder: "TEXT", help: "the agent's first task" }),
  autoStop: flag("stop the session when that task is complete; needs --context"),
  cwd: text({
    placeholder: "DIR",
    completes: "directories",
    help: "working directory of the agent",
    defaultText: "the current directory",
  }),
  root: text({
    placeholder: "DIR",
    completes: "directories",
    help: "repository that the session belongs to",
    defaultText: "the git root of the working directory",
  }),
  model: text({ placeholder: "MODEL", help: "model to use, if the agent supports it" }),
  effort: text({ placeholder: "LEVEL", help: "reasoning effort, if the agent supports it" }),
  approvals: withDefault(
    choice({
      choices: ["auto", "ask", "deny"],
      help: "answer to permission requests: approve, leave the question to the user, or deny",
    }),
    { value: "auto", text: "auto" },
  ),
  trust: flag("accept the agent's question whether to trust this directory"),
  maxRuntime: duration({ help: "stop the session after this time; the exit code is then 124" }),
  timeout: withDefault(duration({ placeholder: "SECS", help: "time limit for a start in the background" }), {
    value: { ms: 5_000 },
    text: "5",
  }),
  inboxTtl: withDefault(
    duration({ placeholder: "SECS", env: "HARNEX_INBOX_TTL", help: "queued messages expire after this time" }),
    { value: { ms: 120_000 }, text: "120" },
  ),
  host: withDefault(text({ env: "HARNEX_HOST", placeholder: "HOST", help: "address of the session's API" }), {
    value: "127.0.0.1",
    text: "127.0.0.1",
  }),
  port: integer({
    range: { min: 1, max: 65_535 },
    placeholder: "PORT",
    help: "port of the session's API; must be free",
    defaultText: "derived from the repository and the id",
  }),
  meta: jsonObject({
    help: "JSON object to add to the started event and the dispatch summary; Codex takes model and effort from it",
  }),
  summaryOut: unlessBlank(text({
    placeholder: "PATH",
    completes: "files",
    help: "append the dispatch summary to this file",
    defaultText: "koder/DISPATCH.jsonl if koder/ exists",
  })),
  onDone: text({ placeholder: "CMD", help: "command to run with /bin/sh -c when the dispatch has ended" }),
  watch: flagBefore("watch-file", {
    help: "stay in the foreground and resume the agent when it stalls, then escalate; not with --detach or --tmux",
  }),
  ...watchLimits("with --watch: "),
  preset: choice({
    choices: PRESET_NAMES,
    code: "invalid",
    help: `with --watch: ${PRESET_HELP}`,
  }),
  watchFile: neverBlank(text({
    placeholder: "PATH",
    completes: "files",
    help: "tell the agent to read this file whenever it changes; also: --watch PATH",
  })),
  legacyPty: flag("drive the agent's terminal interface instead of its JSON-RPC server, where it has both"),
};

const ARGUMENTS = {
  cli: requiredWord({
    placeholder: "cli",
    completes: "agents",
    help: "the agent: codex, claude, or any terminal program",
  }),
  agentWords: remainingWords({ placeholder: "agent-args", help: "arguments for the agent, passed unchanged" }),
};

type Call = InvocationOf<typeof OPTIONS, typeof ARGUMENTS>;

export const command = defineCommand({
  name: "run",
  paragraph:
    "Starts an agent in a session. Use the session's id to watch it, send messages to it and stop it. In the " +
    "foreground the agent runs in your terminal as usual. With --detach or --tmux the command returns when the " +
    "session is registered; the agent may not be ready yet. Options can stand before or after <cli>. All other " +
    "words after <cli>, and everything after --, are passed to the agent.",
  usage: ["run <cli> [options] [--] [agent-args...]"],
  words: "agent",
  options: OPTIONS,
  arguments: ARGUMENTS,
  examples: [
    {
      note: "run one task in the background, then stop the session",
      command: 'harnex run codex --id cx-1 --detach --context "Fix the tests" --auto-stop',
    },
    { note: "start a worker in a tmux window", command: "harnex run claude --id cl-1 --tmux cl-1" },
  ],
  gotchas: [
    "--detach returns before the agent is ready. send waits for the agent, so a script needs no sleep.",
    "--tmux and --watch take the next word as their value only if another word can be <cli>. --tmux=NAME is " +
    "unambiguous.",
    "Put an agent's own option after -- if it has the same name as one of these options.",
    "--watch-file and --summary-out are relative to the repository root, wherever the agent works.",
    "An id is unique among the live sessions of one repository. Case does not matter.",
  ],
  exitStatus: [
    ["0", "with --detach or --tmux: the session is registered"],
    ["1", "the session could not be started"],
    ["2", `${EXIT_USAGE}; with --watch: escalated after the last resume`],
    ["124", "the start in the background exceeded --timeout"],
    ["N", "in the foreground: the agent's exit code; 128+N after OS signal N"],
  ],
  check: checkRun,
  execute,
});

function checkRun({ options }: Call): void {
  if (options.autoStop && (options.context ?? "").trim() === "") {
    throw new HarnexError("usage", "--auto-stop needs --context: it stops the session when that task is complete");
  }
}

/** Checks that the established tool makes only after it knows that the id is free. */
export function checkWatch({ options }: Call): void {
  if (options.watch && (options.detach || options.tmux !== undefined)) {
    const other = options.detach ? "--detach" : "--tmux";
    throw new HarnexError("usage", `--watch stays in the foreground and cannot be combined with ${other}`);
  }
  if (options.preset !== undefined && !options.watch) {
    throw new HarnexError("invalid", "--preset needs --watch: it sets when a stall is resumed");
  }
}

const LAST_PORT = 65_535;

async function execute(invocation: Call, context: CommandContext): Promise<number> {
  const { options } = invocation;
  const { store, repoRoot } = await resolvePlace(context, {
    repo: await repositoryOf(invocation, context.platform),
  });
  const inBackground = options.detach || options.watch;
  const mode: LaunchMode = options.tmux !== undefined ? "tmux" : inBackground ? "headless" : "foreground";
  const spec = await specOf(invocation, { store, repoRoot, context, mode });
  await refuseTaken(store, spec);
  checkWatch(invocation);
  const note = await probeNote(spec, { store, versionOf: installedVersion });
  if (note !== undefined) context.output.note(`harnex run: ${note}`);
  if (mode === "foreground") {
    const { hostSession } = await import("../../host/host.ts");
    return (await hostSession(spec, context.platform)).code;
  }
  const window = typeof options.tmux === "string" ? options.tmux : spec.id;
  const launched = await spinWhile(
    context,
    `starting ${spec.cli} as ${spec.id}`,
    () => launchHost(store, spec, { timeoutMs: options.timeout.ms, window }),
  );
  const exposed = exposureOf(spec);
  if (exposed !== undefined) context.output.note(`harnex run: warning: ${exposed}`);
  if (options.watch) return await watchSession(store, launched, watchOptions(options, context));
  const { record, log, pane } = launched;
  context.output.json({
    ok: true,
    id: record.id,
    cli: record.cli,
    pid: record.pid,
    port: record.port,
    ...(pane === undefined ? { mode: "headless", log } : { mode: "tmux", window: pane.window }),
    output_log_path: record.output_log_path,
    ...(record.description === undefined ? {} : { description: record.description }),
  });
  return 0;
}

/** Refuses a taken id before any other error is found. Between two simultaneous starts the host's claim decides. */
async function refuseTaken(store: Store, spec: LaunchSpec): Promise<void> {
  const found = await findSession(store, { id: spec.id, repoRoot: spec.repoRoot });
  if (found?.liveness === "live") throw alreadyActive(spec.id, found.record);
}

/** The directory whose repository the session belongs to, if the options or the agent's own arguments name one. */
async function repositoryOf({ options, arguments: words }: Call, platform: Platform): Promise<string | undefined> {
  const named = options.root ?? options.cwd;
  if (named !== undefined) return named;
  const taught = await readAgentFile(platform.files, platform.env, words.cli);
  const adapter = await AGENTS.find(words.cli, { taught, drive: options.legacyPty ? "legacy" : "usual" });
  return adapter.directory?.(words.agentWords);
}

async function specOf(
  { options, arguments: words }: Call,
  { store, repoRoot, context, mode }: { store: Store; repoRoot: string; context: CommandContext; mode: LaunchMode },
): Promise<LaunchSpec> {
  const { platform } = context;
  const { env } = platform;
  const portBase = portSetting(env, "HARNEX_BASE_PORT", 43_000);
  const cwd = resolve(context.cwd, options.cwd ?? ".");
  if ((await platform.files.stat(cwd)) === undefined) {
    throw new HarnexError("not_found", `--cwd: no such directory: ${cwd}`);
  }
  return {
    id: options.id ?? await freeId(store, repoRoot),
    cli: words.cli,
    args: [...words.agentWords],
    cwd,
    repoRoot,
    mode,
    // Absolute: a relative path would mean another directory to a host or an agent that works elsewhere.
    env: {
      ...launchEnvironment(env),
      ...optional("HARNEX_STATE_DIR", setting(env, "HARNEX_STATE_DIR") && store.paths.root),
    },
    host: options.host,
    ...optional("port", options.port),
    portBase,
    portSpan: Math.min(portSetting(env, "HARNEX_PORT_SPAN", 4_000), LAST_PORT + 1 - portBase),
    ...optional("description", options.description),
    ...optional("context", options.context),
    autoStop: options.autoStop,
    ...optional("meta", options.meta),
    ...optional("summaryOut", options.summaryOut),
    inboxTtlMs: options.inboxTtl.ms,
    ...optional("watchFile", options.watchFile),
    legacyPty: options.legacyPty,
    ...optional("model", options.model),
    ...optional("effort", options.effort),
    approvals: options.approvals,
    trust: options.trust,
    ...optional("maxRuntimeMs", options.maxRuntime?.ms),
    ...optional("onDone", options.onDone),
    ...optional("spawnerPane", setting(env, "TMUX_PANE")),
    ...optional("parentDispatchId", setting(env, "HARNEX_ID")),
  };
}

/** A field that exists only if it has a value. */
function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  const field: { [Key in Name]?: Value } = {};
  if (value !== undefined) field[name] = value;
  return field;
}

async function freeId(store: Store, repoRoot: string): Promise<string> {
  const taken = new Set((await listLive(store, repoRoot)).map(({ record }) => slugOf(record.id)));
  return freeName((name) => taken.has(name), store.platform.randomHex);
}

function portSetting(env: Readonly<Record<string, string | undefined>>, name: string, fallback: number): number {
  const value = setting(env, name);
  return value === undefined ? fallback : parseInteger(name, value, { min: 1, max: LAST_PORT });
}
