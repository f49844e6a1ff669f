/**
 * Owns the registry records (which sessions are live) and the exit records (how they ended). Reading never deletes or
 * repairs anything. A record counts as live only while its host lives.
 */

import { join } from "node:path";
import { HarnexError } from "../model/errors.ts";
import type { ExitReason, ExitRecord, RegistryRecord, StatusPayload } from "../model/session.ts";
import type { FileLock, Files, Platform, Processes } from "../platform/platform.ts";
import { integerField, type JsonObject, parseObject, stringField, stringsField } from "../text/json.ts";
import { createPaths, type Paths, type SessionName, stateRoot } from "./paths.ts";

/** A record as found on disk. */
export interface FoundRecord {
  record: RegistryRecord;
  path: string;
  /** `stale`: its host is dead, or its pid belongs to another process now */
  liveness: "live" | "stale";
}

export interface Registry {
  /** Claims the name for this process until it exits; undefined when another process has claimed it. */
  claim(name: SessionName): Promise<FileLock | undefined>;
  /** Writes the record, with the other fields of the status payload as they are now. */
  write(name: SessionName, record: RegistryRecord, status: Partial<StatusPayload>): Promise<void>;
  /** Removes the record if it still belongs to that session. */
  remove(name: SessionName, sessionId: string): Promise<void>;
  find(name: SessionName): Promise<FoundRecord | undefined>;
  list(): Promise<FoundRecord[]>;
  /** Paths of files in the registry that are not records. */
  listUnreadable(): Promise<string[]>;
  writeExit(name: SessionName, record: ExitRecord): Promise<void>;
  findExit(name: SessionName): Promise<ExitRecord | undefined>;
  /** The names that exit records are kept under. */
  listExits(): Promise<SessionName[]>;
}

/** The state directory that the environment names, and its registry. Throws when the environment names none. */
export function openRegistry(
  { files, processes, env }: Pick<Platform, "files" | "processes" | "env">,
): { paths: Paths; registry: Registry } {
  const paths = createPaths(stateRoot(env));
  return { paths, registry: createRegistry({ files, processes, paths }) };
}

export function createRegistry(deps: { files: Files; processes: Processes; paths: Paths }): Registry {
  const { files, processes, paths } = deps;

  async function read(path: string): Promise<FoundRecord | undefined> {
    const text = await files.readText(path);
    return text === undefined ? undefined : await found(path, text);
  }

  async function found(path: string, text: string): Promise<FoundRecord | undefined> {
    const record = parseRecord(text);
    if (record === undefined) return undefined;
    return { record, path, liveness: await isLive(record, processes) ? "live" : "stale" };
  }

  /** The files that are there when they are read: a session that ends just then removes its record. */
  async function readAll(): Promise<{ path: string; found: FoundRecord | undefined }[]> {
    const names = (await files.list(paths.sessions)).filter((name) => name.endsWith(".json"));
    const all = await Promise.all(names.map(async (name) => {
      const path = join(paths.sessions, name);
      const text = await files.readText(path);
      return text === undefined ? [] : [{ path, found: await found(path, text) }];
    }));
    return all.flat();
  }

  return {
    claim: (name) => files.tryLock(paths.lock(name)),
    write: (name, record, status) =>
      files.replace(paths.session(name), `${JSON.stringify({ ...status, ...record }, null, 2)}\n`),
    async remove(name, sessionId) {
      const path = paths.session(name);
      const record = parseRecord(await files.readText(path) ?? "");
      if (record?.session_id === sessionId) await files.remove(path);
    },
    find: (name) => read(paths.session(name)),
    async list() {
      return (await readAll()).map(({ found }) => found).filter((found) => found !== undefined);
    },
    async listUnreadable() {
      return (await readAll()).filter(({ found }) => found === undefined).map(({ path }) => path);
    },
    writeExit: (name, record) => files.replace(paths.exit(name), `${JSON.stringify(record, null, 2)}\n`),
    async findExit(name) {
      return parseExit(await files.readText(paths.exit(name)) ?? "");
    },
    async listExits() {
      const names = (await files.list(paths.exits)).filter((file) => file.endsWith(".json"));
      return names.flatMap((file) => {
        const [key, slug] = file.slice(0, -".json".length).split("--", 2);
        return key === undefined || slug === undefined ? [] : [{ key, slug }];
      });
    },
  };
}

/** A record of the established tool names no host, so its agent's pid decides. */
async function isLive(record: RegistryRecord, processes: Processes): Promise<boolean> {
  if (record.host_start === "") return (await processes.find(record.pid)) !== undefined;
  return await processes.isAlive({ pid: record.host_pid, start: record.host_start });
}

/** The record in a file's text; undefined when the text is not a record. */
export function parseRecord(text: string): RegistryRecord | undefined {
  const object = parseObject(text);
  if (object === undefined) return undefined;
  const sessionId = stringField(object, "session_id");
  const id = stringField(object, "id");
  const cli = stringField(object, "cli");
  const repoRoot = stringField(object, "repo_root");
  const pid = integerField(object, "pid");
  const port = integerField(object, "port");
  if (sessionId === undefined || id === undefined || cli === undefined || repoRoot === undefined) return undefined;
  if (pid === undefined || pid <= 0 || port === undefined || port <= 0 || port > 65_535) return undefined;
  return {
    session_id: sessionId,
    id,
    cli,
    repo_root: repoRoot,
    pid,
    port,
    repo_key: stringField(object, "repo_key") ?? "",
    host_pid: integerField(object, "host_pid") ?? 0,
    host_start: stringField(object, "host_start") ?? "",
    host: stringField(object, "host") ?? "127.0.0.1",
    command: stringsField(object, "command") ?? [],
    started_at: stringField(object, "started_at") ?? "",
    token: stringField(object, "token") ?? "",
    cwd: stringField(object, "cwd") ?? repoRoot,
    transport: object["transport"] === "stdio_jsonrpc" ? "stdio_jsonrpc" : "pty",
    version: stringField(object, "version") ?? "",
    last_injected_at: stringField(object, "last_injected_at") ?? null,
    injected_count: integerField(object, "injected_count") ?? 0,
    output_log_path: stringField(object, "output_log_path") ?? "",
    events_log_path: stringField(object, "events_log_path") ?? "",
    ...optionalStrings(object, [
      "description",
      "tmux_target",
      "tmux_session",
      "tmux_window",
      "watch_path",
      "watch_absolute_path",
      "on_done",
      "summary_path",
    ]),
    ...optionalNumbers(object, ["watch_debounce_seconds", "started_ms"]),
  };
}

function optionalNumbers(object: JsonObject, names: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name of names) {
    const value = object[name];
    if (typeof value === "number") found[name] = value;
  }
  return found;
}

function optionalStrings(object: JsonObject, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = stringField(object, name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

const EXIT_REASONS: readonly ExitReason[] = [
  "success",
  "failure",
  "timeout",
  "disconnected",
  "boot_failure",
  "stopped",
  "lost",
];

export function parseExitReason(value: unknown): ExitReason | undefined {
  return EXIT_REASONS.find((reason) => reason === value);
}

/** The established tool's exit records have no `reason`; it then follows from the exit code. */
function parseExit(text: string): ExitRecord | undefined {
  const object = parseObject(text);
  if (object === undefined) return undefined;
  const sessionId = stringField(object, "session_id");
  const id = stringField(object, "id");
  if (sessionId === undefined || id === undefined) return undefined;
  const code = integerField(object, "exit_code") ?? null;
  const signal = integerField(object, "signal");
  return {
    ok: object["ok"] !== false,
    id,
    cli: stringField(object, "cli") ?? "",
    session_id: sessionId,
    repo_root: stringField(object, "repo_root") ?? "",
    exit_code: code,
    started_at: stringField(object, "started_at") ?? "",
    exited_at: stringField(object, "exited_at") ?? "",
    injected_count: integerField(object, "injected_count") ?? 0,
    ...(signal === undefined ? {} : { signal }),
    reason: parseExitReason(object["reason"]) ?? (code === 0 ? "success" : "failure"),
  };
}

/** The exit record of a session whose host died before it could write one. */
export function lostRecord(record: RegistryRecord, exitedAt: string): ExitRecord {
  return {
    ok: false,
    id: record.id,
    cli: record.cli,
    session_id: record.session_id,
    repo_root: record.repo_root,
    exit_code: null,
    started_at: record.started_at,
    exited_at: exitedAt,
    injected_count: record.injected_count,
    reason: "lost",
  };
}

/** The error of `run` for an id that is in use. */
export function alreadyActive(id: string, record: RegistryRecord | undefined): HarnexError {
  const where = record === undefined ? "" : ` (pid ${record.pid}, port ${record.port})`;
  return new HarnexError(
    "conflict",
    `session "${id}" is already active in this repo${where}; choose another --id or stop it first`,
  );
}
