/** Reads a session's events: what its log holds, and what comes until the session ends. */

import { HarnexError } from "../model/errors.ts";
import { parseEvent, type ReadEvent, SCHEMA_VERSION } from "../model/events.ts";
import type { ExitRecord } from "../model/session.ts";
import { readEvents } from "../store/event_log.ts";
import { createLineSplitter } from "../text/lines.ts";
import type { SessionFiles } from "./find_files.ts";
import { awaitEnd, followFile } from "./follow.ts";
import type { FoundSession, Store } from "./store.ts";

export interface EventsRequest {
  readonly follow: boolean;
  /** wall-clock milliseconds: no event before */
  readonly fromMs: number | undefined;
  /** reports a failure to learn how the session ended */
  readonly complain: (error: unknown) => void;
}

type PrintedEvent = Readonly<Record<string, unknown>>;

/**
 * Follows only a live session. A session whose host died without its last event gets one: what the next owner of the
 * id will write. Throws `failed` when the log is missing, was cut or removed.
 */
export async function* readSessionEvents(
  store: Store,
  found: SessionFiles,
  request: EventsRequest,
): AsyncGenerator<PrintedEvent> {
  const { files } = store.platform;
  if (await files.stat(found.events) === undefined) {
    throw new HarnexError("failed", `the event log ${found.events} is missing`);
  }
  if (request.follow && found.live !== undefined) {
    yield* follow(store, { path: found.events, live: found.live, request });
  } else yield* readSnapshot(store, found, request);
}

async function* readSnapshot(
  { platform }: Store,
  { events: path, lost }: SessionFiles,
  request: EventsRequest,
): AsyncGenerator<PrintedEvent> {
  let last: ReadEvent | undefined;
  for await (const event of readEvents(platform.files, path)) {
    if (isWanted(event, request)) yield event;
    if (event.session_id === lost?.session_id) last = event;
  }
  const now = platform.clock.now();
  if (lost === undefined || last?.type === "exited") return;
  if (request.fromMs === undefined || now >= request.fromMs) yield lostEvent(lost, last, now);
}

async function* follow(
  store: Store,
  { path, live, request }: { path: string; live: FoundSession; request: EventsRequest },
): AsyncGenerator<PrintedEvent> {
  const { platform } = store;
  const { files } = platform;
  const { id, session_id } = live.record;
  const reader = createEventReader(session_id);
  const ended = new AbortController();
  const end = awaitEnd(store, live, ended.signal).finally(() => ended.abort());
  let offset = 0;
  try {
    for await (const news of followFile(files, path, { offset, signal: ended.signal })) {
      if (news.kind !== "bytes") {
        throw new HarnexError("failed", `the event log ${path} was ${news.kind === "gone" ? "removed" : "cut"}`);
      }
      offset += news.bytes.length;
      for (const event of reader.push(news.bytes)) if (isWanted(event, request)) yield event;
      if (reader.last()?.type === "exited") return;
    }
    const exit = await end;
    const rest = await files.readRange(path, { offset, maxBytes: Number.MAX_SAFE_INTEGER });
    for (const event of rest === undefined ? [] : reader.push(rest)) if (isWanted(event, request)) yield event;
    if (reader.last()?.type === "exited") return;
    // The host died without its last event.
    yield lostEvent(exit ?? { id, session_id }, reader.last(), platform.clock.now());
  } finally {
    ended.abort();
    await end.catch(request.complain);
  }
}

/** Events out of pieces of a log; remembers the last one of one session. */
function createEventReader(sessionId: string) {
  const lines = createLineSplitter();
  let last: ReadEvent | undefined;
  return {
    push(bytes: Uint8Array): ReadEvent[] {
      const texts = lines.push(bytes).flatMap((line) => line.kind === "line" ? [line.text] : []);
      const events = texts.map(parseEvent).filter((event) => event !== undefined);
      last = events.findLast((event) => event.session_id === sessionId) ?? last;
      return events;
    },
    last: () => last,
  };
}

function isWanted(event: ReadEvent, { fromMs }: EventsRequest): boolean {
  return fromMs === undefined || Date.parse(event.ts) >= fromMs;
}

function lostEvent(
  end: Pick<ExitRecord, "id" | "session_id"> & Partial<ExitRecord>,
  last: ReadEvent | undefined,
  now: number,
): PrintedEvent {
  return {
    schema_version: SCHEMA_VERSION,
    seq: (last?.seq ?? 0) + 1,
    ts: new Date(now).toISOString(),
    id: end.id,
    type: "exited",
    code: end.exit_code ?? null,
    reason: end.reason ?? "lost",
    session_id: end.session_id,
  };
}
