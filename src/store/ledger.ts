/**
 * Owns the ledger, `dispatches.jsonl`: a `dispatch_start` line for every session at its registration, and a
 * `dispatch_end` line when it has ended. Append-only; read from the end, so that a long history costs nothing.
 */

import type { Clock, Files } from "../platform/platform.ts";
import { appendRow, lockFile } from "./dispatch_log.ts";
import { fieldsOf, integerField, type JsonObject, parseObject, stringField } from "../text/json.ts";
import { linesFromEnd } from "./lines_from_end.ts";
import type { Paths } from "./paths.ts";
import { readSlices } from "./slices.ts";

const SCHEMA_VERSION = 1;
const COPY_SLICE = 1 << 20;
const LINE_END = 10;

export interface LedgerRow {
  type: "dispatch_start" | "dispatch_end";
  /** when the line was written, UTC */
  ts: string;
  repo_key: string;
  session_id: string;
  id: string;
  cli: string;
  repo_root: string;
  /** start time of the host process; with the pid it shows whether the host still runs */
  host_pid: number;
  host_start: string;
  /** the other file that the dispatch summary goes to; null for none */
  summary_path: string | null;
  /** of a `dispatch_end` */
  exit_code: number | null;
  signal?: number;
  /** the dispatch's span and its parent, when it is exported */
  traceparent?: string;
  parent_span_id?: string;
  /** the dispatch summary, of which a `dispatch_start` holds less */
  meta: JsonObject;
  predicted: unknown;
  actual: JsonObject;
}

/** What a writer gives; the ledger adds the time. */
export type LedgerEntry = Omit<LedgerRow, "ts">;

/** Throws when the ledger cannot be written. */
export async function appendToLedger(
  deps: { files: Files; clock: Clock; paths: Paths },
  entry: LedgerEntry,
): Promise<void> {
  const { type, repo_key, ...rest } = entry;
  const ts = new Date(deps.clock.now()).toISOString();
  // The repository comes early, so that a reader of one repository need not parse the lines of the others.
  await appendRow(deps, deps.paths.dispatches, { schema_version: SCHEMA_VERSION, type, repo_key, ...rest, ts });
}

export interface LedgerFilter {
  /** only rows of this repository */
  repoKey?: string | undefined;
  /** only rows of this session */
  sessionId?: string | undefined;
}

/** The rows, newest first; torn and foreign lines are skipped. */
export async function* ledgerFromEnd(
  deps: { files: Files; paths: Paths },
  filter: LedgerFilter,
): AsyncGenerator<LedgerRow> {
  const needles = [
    ...(filter.repoKey === undefined ? [] : [`"repo_key":${JSON.stringify(filter.repoKey)}`]),
    ...(filter.sessionId === undefined ? [] : [`"session_id":${JSON.stringify(filter.sessionId)}`]),
  ];
  for await (const line of linesFromEnd(deps.files, deps.paths.dispatches)) {
    if (!needles.every((needle) => line.includes(needle))) continue;
    const row = parseRow(line);
    if (row === undefined) continue;
    if (filter.repoKey !== undefined && row.repo_key !== filter.repoKey) continue;
    if (filter.sessionId !== undefined && row.session_id !== filter.sessionId) continue;
    yield row;
  }
}

/** The newest row of one session. */
export async function findLedgerRow(
  deps: { files: Files; paths: Paths },
  filter: LedgerFilter & { sessionId: string },
): Promise<LedgerRow | undefined> {
  for await (const row of ledgerFromEnd(deps, filter)) return row;
  return undefined;
}

/**
 * Drops the rows written before `beforeMs`, except those of the sessions in `keep`. Gives their number; with `look` it
 * only counts them.
 */
export async function trimLedger(
  deps: { files: Files; clock: Clock; paths: Paths },
  options: { beforeMs: number; keep: ReadonlySet<string>; mode: "trim" | "look" },
): Promise<number> {
  const { files } = deps;
  const path = deps.paths.dispatches;
  if ((await files.stat(path)) === undefined) return 0;
  const lock = options.mode === "look" ? undefined : await lockFile(deps, path);
  if (options.mode === "trim" && lock === undefined) return 0; // busy with writers: the next prune will do
  try {
    const kept: string[] = [];
    let dropped = 0;
    let cut = 0;
    for await (const { line, end } of linesFromStart(files, path)) {
      const row = parseRow(line);
      if (row !== undefined && Date.parse(row.ts) >= options.beforeMs) break;
      if (row !== undefined && options.keep.has(row.session_id)) kept.push(`${line}\n`);
      else dropped += 1;
      cut = end;
    }
    if (dropped > 0 && options.mode === "trim") await files.rewrite(path, rest(files, path, { kept, cut }));
    return dropped;
  } finally {
    lock?.removeAndRelease();
  }
}

async function* rest(
  files: Files,
  path: string,
  { kept, cut }: { kept: readonly string[]; cut: number },
): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(kept.join(""));
  yield* readSlices(files, path, cut);
}

/** Whole lines, each with the offset of its end. */
async function* linesFromStart(files: Files, path: string): AsyncGenerator<{ line: string; end: number }> {
  const decoder = new TextDecoder();
  /** length of the unfinished line at the end of the last slice, which is read again with more behind it */
  let broken = 0;
  for (let offset = 0;;) {
    const bytes = await files.readRange(path, { offset, maxBytes: broken + COPY_SLICE });
    if (bytes === undefined || bytes.length <= broken) return;
    let from = 0;
    for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, from)) {
      yield { line: decoder.decode(bytes.subarray(from, at)), end: offset + at + 1 };
      from = at + 1;
    }
    broken = bytes.length - from;
    offset += from;
  }
}

function parseRow(line: string): LedgerRow | undefined {
  const object = parseObject(line);
  if (object === undefined) return undefined;
  const { type, meta, actual } = object;
  const sessionId = stringField(object, "session_id");
  const id = stringField(object, "id");
  if ((type !== "dispatch_start" && type !== "dispatch_end") || sessionId === undefined || id === undefined) {
    return undefined;
  }
  const signal = integerField(object, "signal");
  const traceparent = stringField(object, "traceparent");
  const parentSpanId = stringField(object, "parent_span_id");
  return {
    type,
    ts: stringField(object, "ts") ?? "",
    repo_key: stringField(object, "repo_key") ?? "",
    session_id: sessionId,
    id,
    cli: stringField(object, "cli") ?? "",
    repo_root: stringField(object, "repo_root") ?? "",
    host_pid: integerField(object, "host_pid") ?? 0,
    host_start: stringField(object, "host_start") ?? "",
    summary_path: stringField(object, "summary_path") ?? null,
    exit_code: integerField(object, "exit_code") ?? null,
    ...(signal === undefined ? {} : { signal }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(parentSpanId === undefined ? {} : { parent_span_id: parentSpanId }),
    meta: fieldsOf(meta),
    predicted: object["predicted"] ?? {},
    actual: fieldsOf(actual),
  };
}
