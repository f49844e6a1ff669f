/** `harnex run`: starts an agent in a session. */

import { resolve } from "node:path";
import { AGENTS } from "../../adapters/mod.ts";
import { launchEnvironment, launchHost } from "../../client/launch.ts";
import { freeName } from "../../client/names.ts";
import { findSession, listLive, type Store } from "../../client/store.ts";
import { resolvePlace } from "../../client/target.ts";
import { watchSession } from "../../client/watch.ts";
import { HarnexError } from "../../model/errors.ts";
import { exposureOf, type LaunchMode, type LaunchSpec } from "../../model/launch.ts";
import { setting } from "../../model/setting.ts";
import type { Platform } from "../../platform/platform.ts";
import { readAgentFile } from "../../store/agent_files.ts";
import { slugOf } from "../../store/paths.ts";
import { alreadyActive } from "../../store/registry.ts";
import type { CommandContext } from "../context.ts";
import { remainingWords, requiredWord } from "../parser/argument.ts";
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
import { EXIT_USAGE, NO_LIMIT } from "../parser/shared_options.ts";
import { parseInteger } from "../parser/value.ts";
import { watchOptions } from "../parser/watch_options.ts";
import { spinWhile } from "../ui/spinner.ts";

/** Order as in help: what is used most comes first. */
const OPTIONS = {
  id: sessionId({ help: "name of the session", defaultText: "a random adjective-noun" }),
  description: unlessBlank(text({ placeholder: "TEXT", help: "short note that status shows" })),
  detach: flag("run in the background; print one JSON line and return"),
  tmux: optionalText({
    placeholder: "NAME",
    help: "run in a tmux window of this name and return; inside tmux in the current tmux session, outside in one " +
      "named harnex",
    defaultText: "the id",
  }),
  context: text({ placeholder: "TEXT", help: "first task, given to the agent at its start" }),
  autoStop: flag("stop the session when that task is done; needs --context"),
  cwd: text({
    placeholder: "DIR",
    completes: "directories",
    help: "where the agent works",
    defaultText: "the current directory",
  }),
  root: text({
    placeholder: "DIR",
    completes: "directories",
    help: "the repository that the session belongs to",
    defaultText: "the git root of its directory",
  }),
  model: text({ placeholder: "MODEL", help: "model, for agents that let it be chosen" }),
  effort: text({ placeholder: "LEVEL", help: "reasoning effort, likewise" }),
  approvals: withDefault(
    choice({ choices: ["auto", "ask", "deny"], help: "who answers when the agent asks for permission" }),
    { value: "auto", text: "auto" },
  ),
  trust: flag("accept the agent's question whether it may trust this directory"),
  maxRuntime: duration({ help: "stop the session after this long; its exit code is then 124" }),
  timeout: withDefault(duration({ placeholder: "SECS", help: "how long a background start may take" }), {
    value: { ms: 5_000 },
    text: "5",
  }),
  inboxTtl: withDefault(
    duration({ placeholder: "SECS", env: "HARNEX_INBOX_TTL", help: "queued messages expire after this" }),
    { value: { ms: 120_000 }, text: "120" },
  ),
  host: withDefault(text({ env: "HARNEX_HOST", placeholder: "HOST", help: "address of the session's API" }), {
    value: "127.0.0.1",
    text: "127.0.0.1",
  }),
  port: integer({
    range: { min: 1, max: 65_535 },
    placeholder: "PORT",
    help: "port of the session's API; it must be free",
    defaultText: "derived from repository and id",
  }),
  meta: jsonObject({
    help: "JSON object that the started event and the dispatch summary repeat; Codex takes model and effort from it",
  }),
  summaryOut: unlessBlank(text({
    placeholder: "PATH",
    completes: "files",
    help: "append the dispatch summary to this file",
    defaultText: "koder/DISPATCH.jsonl if koder/ exists",
  })),
  onDone: text({ placeholder: "CMD", help: "run this by /bin/sh -c when the dispatch has ended" }),
  watch: flagBefore("watch-file", {
    help: "stay and watch: when the agent stalls, tell it to resume, then give up. Not with --detach or --tmux",
  }),
  stallAfter: duration({ help: "with --watch: this long without output is a stall", defaultText: "8m" }),
  maxResumes: integer({
    range: { min: 0, max: NO_LIMIT },
    help: "with --watch: how often to resume before giving up",
    defaultText: "1",
  }),
  preset: choice({
    choices: ["impl", "plan", "gate"],
    code: "invalid",
    help: "with --watch: 8m and 1 resume, 3m and 2, or 15m and 0",
  }),
  watchFile: neverBlank(text({
    placeholder: "PATH",
    completes: "files",
    help: "tell the agent to read this file whenever it changes; also spelled --watch PATH",
  })),
  legacyPty: flag("drive the agent's terminal interface instead of its JSON-RPC server, where it has both"),
};

const ARGUMENTS = {
  cli: requiredWord({ placeholder: "cli", completes: "agents", help: "the agent: codex, claude, or any program" }),
  agentWords: remainingWords({ placeholder: "agent-args", help: "given to the agent as they are" }),
};

type Call = InvocationOf<typeof OPTIONS, typeof ARGUMENTS>;

export const command = defineCommand({
  name: "run",
  paragraph: "Starts an agent and keeps it in a session that can be watched, sent messages and stopped under its id. " +
    "In the foreground the terminal behaves as if the agent ran alone; with --detach or --tmux the command returns " +
    "when the session is registered, which may be before the agent is ready. Options may stand before or after " +
    "<cli>; every other word after it, and all that follows --, goes to the agent.",
  usage: ["run <cli> [options] [--] [agent-args...]"],
  words: "agent",
  options: OPTIONS,
  arguments: ARGUMENTS,
  examples: [
    {
      note: "hand over one task in the background, wait for its end",
      command: 'harnex run codex --id cx-1 --detach --context "Fix the tests" --auto-stop',
    },
    { note: "a worker in a tmux window that you can look at", command: "harnex run claude --id cl-1 --tmux cl-1" },
  ],
  gotchas: [
    "--detach returns before the agent is ready; send waits for it, so no pause is needed.",
    "--tmux and --watch take the next word as their value only if another word is left to be the cli. " +
    "--tmux=NAME leaves no doubt.",
    "An agent's own option that is spelled like one of these goes after --.",
    "--watch-file and --summary-out are read from the repository's root, wherever the agent works.",
    "An id is unique among the live sessions of one repository; upper and lower case do not differ.",
  ],
  exitStatus: [
    ["0", "with --detach or --tmux: the session is registered"],
    ["1", "it could not be started"],
    ["2", `${EXIT_USAGE}; with --watch: gave up on the agent`],
    ["124", "a background start took longer than --timeout"],
    ["N", "in the foreground: the agent's own status, 128+N after signal N"],
  ],
  check: checkRun,
  execute,
});

function checkRun({ options }: Call): void {
  if (options.autoStop && (options.context ?? "").trim() === "") {
    throw new HarnexError("usage", "--auto-stop needs --context: without a task nothing would ever be done");
  }
}

/** What the established tool checks only when it knows that the id is free. */
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

/** Told early, before anything else that is wrong; the host's claim decides between two at the same moment. */
async function refuseTaken(store: Store, spec: LaunchSpec): Promise<void> {
  const found = await findSession(store, { id: spec.id, repoRoot: spec.repoRoot });
  if (found?.liveness === "live") throw alreadyActive(spec.id, found.record);
}

/** The directory whose repository the session belongs to, where the options or the agent's own words name one. */
async function repositoryOf(call: Call, platform: Platform): Promise<string | undefined> {
  const { root, cwd } = call.options;
  return root ?? cwd ?? await directoryOf(call, platform);
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
    // A relative one would be another directory for a host, or an agent, that works elsewhere.
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

/** The directory that the agent's own words name. */
async function directoryOf(
  { options, arguments: words }: Call,
  platform: Platform,
): Promise<string | undefined> {
  const taught = await readAgentFile(platform.files, platform.env, words.cli);
  const adapter = await AGENTS.find(words.cli, { taught, drive: options.legacyPty ? "legacy" : "usual" });
  return adapter.directory?.(words.agentWords);
}

/** A field that is there only when it has a value. */
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
