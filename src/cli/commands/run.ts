/** `harnex run`: its body. */

import { resolve } from "node:path";
import { AGENTS } from "../../adapters/mod.ts";
import { launchEnvironment, launchHost } from "../../client/launch.ts";
import { freeName } from "../../client/names.ts";
import { repoRootOf } from "../../client/repo.ts";
import { findSession, listLive, openStore, type Store } from "../../client/store.ts";
import { watchSession } from "../../client/watch.ts";
import { HarnexError } from "../../model/errors.ts";
import { exposureOf, type LaunchMode, type LaunchSpec } from "../../model/launch.ts";
import { setting } from "../../model/setting.ts";
import type { Platform } from "../../platform/platform.ts";
import { readAgentFile } from "../../store/agent_files.ts";
import { slugOf } from "../../store/paths.ts";
import { alreadyActive } from "../../store/registry.ts";
import type { CommandContext } from "../context.ts";
import { spinWhile } from "../ui/spinner.ts";
import { checkWatch, type RunInvocation } from "../specs/run.ts";
import { parseInteger } from "../parser/value.ts";
import { watchOptions } from "../parser/watch_options.ts";

const LAST_PORT = 65_535;

export async function execute(invocation: RunInvocation, context: CommandContext): Promise<number> {
  const { options } = invocation;
  const store = openStore(context.platform);
  const inBackground = options.detach || options.watch;
  const mode: LaunchMode = options.tmux !== undefined ? "tmux" : inBackground ? "headless" : "foreground";
  const spec = await specOf(invocation, { store, context, mode });
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

async function specOf(
  { options, arguments: words }: RunInvocation,
  { store, context, mode }: { store: Store; context: CommandContext; mode: LaunchMode },
): Promise<LaunchSpec> {
  const { platform } = context;
  const { env } = platform;
  const portBase = portSetting(env, "HARNEX_BASE_PORT", 43_000);
  const cwd = resolve(context.cwd, options.cwd ?? ".");
  const said = options.root ?? options.cwd ?? await directoryOf({ options, arguments: words }, platform);
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, said ?? cwd));
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
  { options, arguments: words }: RunInvocation,
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
