/** The session's registry record: what it says from the start, and how it is written, changed and removed. */

import type { LaunchSpec } from "../model/launch.ts";
import type { RegistryRecord, StatusPayload, Transport } from "../model/session.ts";
import { setting } from "../model/setting.ts";
import { localIso } from "../model/time.ts";
import { VERSION } from "../model/version.ts";
import type { Platform } from "../platform/platform.ts";
import { createTmux } from "../platform/tmux.ts";
import type { SessionName } from "../store/paths.ts";
import type { Registry } from "../store/registry.ts";
import type { FileHookFields } from "./file_hook.ts";
import type { Warn } from "./notices.ts";

const TOKEN_BYTES = 16;

export interface RecordFacts {
  platform: Platform;
  launch: LaunchSpec;
  registry: Registry;
  name: SessionName;
  sessionId: string;
  startedAt: number;
  address: { port: number };
  agent: { pid: number };
  adapter: { transport: Transport };
  plan: { argv: readonly string[]; cwd?: string };
  transcript: { path: string };
  events: { path: string };
  /** where the dispatch summary goes; null for nowhere */
  dispatch: { summary: string | null };
  hookFields: FileHookFields | undefined;
  warn: Warn;
}

/** The record as it is at the start, not yet written. */
export async function openRecord(facts: RecordFacts): Promise<{ record: RegistryRecord; recordFile: RecordFile }> {
  const record = await firstRecord(facts);
  return { record, recordFile: createRecordFile(record, facts) };
}

async function firstRecord(facts: RecordFacts): Promise<RegistryRecord> {
  const { platform, launch, plan, dispatch } = facts;
  const { system, processes } = platform;
  return {
    session_id: facts.sessionId,
    repo_root: launch.repoRoot,
    repo_key: facts.name.key,
    cli: launch.cli,
    id: launch.id,
    pid: facts.agent.pid,
    host_pid: system.pid,
    host_start: (await processes.find(system.pid))?.start ?? "",
    host: launch.host,
    port: facts.address.port,
    command: plan.argv,
    started_at: localIso(facts.startedAt),
    started_ms: facts.startedAt,
    token: platform.randomHex(TOKEN_BYTES),
    cwd: plan.cwd ?? launch.cwd,
    transport: facts.adapter.transport,
    version: VERSION,
    last_injected_at: null,
    injected_count: 0,
    output_log_path: facts.transcript.path,
    events_log_path: facts.events.path,
    ...(launch.description === undefined ? {} : { description: launch.description }),
    ...facts.hookFields,
    ...await findWindow(launch, platform, (trouble) => facts.warn("tmux", trouble)),
    ...(launch.onDone === undefined ? {} : { on_done: launch.onDone }),
    ...(dispatch.summary === null ? {} : { summary_path: dispatch.summary }),
  };
}

/**
 * The tmux window of the session; empty when it was not opened in one. The host asks tmux itself, so that the record
 * has one writer: the command that opened the window does not write to it.
 */
async function findWindow(
  launch: Pick<LaunchSpec, "mode" | "env">,
  { env, processes }: Pick<Platform, "env" | "processes">,
  warn: (trouble: unknown) => void,
): Promise<Pick<RegistryRecord, "tmux_target" | "tmux_session" | "tmux_window">> {
  const pane = setting(env, "TMUX_PANE");
  const server = setting(env, "TMUX");
  if (launch.mode !== "tmux" || pane === undefined || server === undefined) return {};
  try {
    const found = await createTmux(processes, { ...launch.env, TMUX: server }).describe(pane);
    return found === undefined
      ? {}
      : { tmux_target: found.pane, tmux_session: found.session, tmux_window: found.window };
  } catch (error) {
    warn(error);
    return {};
  }
}

export interface RecordFile {
  /** Writes the record, after the writes before it; `status` gives what the session is at that moment. */
  save(status: () => StatusPayload): Promise<void>;
  /** Removes the record, after the writes before it. */
  remove(): Promise<void>;
}

/** What cannot be written is warned about. */
function createRecordFile(
  record: RegistryRecord,
  { registry, name, warn }: Pick<RecordFacts, "registry" | "name" | "warn">,
): RecordFile {
  let last: Promise<void> = Promise.resolve();
  const failed = (trouble: unknown) => warn("registry", trouble);

  async function write(status: () => StatusPayload): Promise<void> {
    const { input_state: _live, ...shown } = status();
    await registry.write(name, record, shown);
  }

  return {
    save: (status) => last = last.then(() => write(status)).catch(failed),
    async remove() {
      await last;
      await registry.remove(name, record.session_id).catch(failed);
    },
  };
}
