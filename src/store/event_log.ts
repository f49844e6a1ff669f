/**
 * Owns a session's event log: one JSON object per line, one write per event, append-only across runs of one id.
 * A failing disk costs a warning, never the session.
 */

import { type EventBody, parseEvent, type ReadEvent, SCHEMA_VERSION, type SessionEvent } from "../model/events.ts";
import type { Clock, Files } from "../platform/platform.ts";
import { createLineSplitter, type Line } from "../text/lines.ts";
import { createLineAppender, endsWithLineEnd } from "./line_appender.ts";
import { readSlices } from "./slices.ts";

/** More listeners than this are a leak: some 50 programs may watch one session. */
const LISTENER_LIMIT = 1_000;

export interface EventLog extends Disposable {
  readonly path: string;
  append(body: EventBody): SessionEvent;
  /** Calls `listener` for each new event until disposed. */
  subscribe(listener: (event: SessionEvent) => void): Disposable;
  /** The events of this run from `seq` `from` on, as far as they are on disk. */
  replay(from: number): Promise<ReadEvent[]>;
}

export interface EventLogOptions {
  files: Files;
  clock: Clock;
  path: string;
  id: string;
  sessionId: string;
  /** 1 unless this continues the log of another process's run */
  firstSeq?: number;
  onFailure: (error: unknown) => void;
}

export async function openEventLog(options: EventLogOptions): Promise<EventLog> {
  const { files, clock, path, id, sessionId } = options;
  const startOffset = (await files.stat(path))?.size ?? 0;
  const file = await files.openAppend(path);
  // A crash may have left half a line: this ends it, so that the next event starts a new line.
  if (!(await endsWithLineEnd(files, path, startOffset))) file.append(new TextEncoder().encode("\n"));
  const appendLine = createLineAppender(file);
  const encoder = new TextEncoder();
  const listeners = new Set<(event: SessionEvent) => void>();
  let seq = (options.firstSeq ?? 1) - 1;
  return {
    path,
    append(body) {
      const envelope = { schema_version: SCHEMA_VERSION, seq: ++seq, ts: new Date(clock.now()).toISOString(), id };
      const event: SessionEvent = { ...envelope, ...body, session_id: sessionId };
      try {
        appendLine(encoder.encode(`${JSON.stringify(event)}\n`));
      } catch (error) {
        options.onFailure(error);
      }
      for (const listener of [...listeners]) listener(event);
      return event;
    },
    subscribe(listener) {
      if (listeners.size >= LISTENER_LIMIT) throw new RangeError("too many listeners on one event log");
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    async replay(from) {
      const found: ReadEvent[] = [];
      if (from > seq) return found;
      for await (const event of readEvents(files, path, startOffset)) {
        if (event.session_id === sessionId && event.seq >= from) found.push(event);
      }
      return found;
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** The events in a log file from a byte offset on; torn and foreign lines are skipped. */
export async function* readEvents(files: Files, path: string, offset = 0): AsyncGenerator<ReadEvent> {
  const splitter = createLineSplitter();
  for await (const bytes of readSlices(files, path, offset)) yield* eventsIn(splitter.push(bytes));
  yield* eventsIn(splitter.end());
}

function* eventsIn(lines: readonly Line[]): Generator<ReadEvent> {
  for (const line of lines) {
    const event = line.kind === "line" ? parseEvent(line.text) : undefined;
    if (event !== undefined) yield event;
  }
}

/** The events of the newest run in a log, from the last `started` on. */
export async function readLastRun(files: Files, path: string): Promise<ReadEvent[]> {
  let run: ReadEvent[] = [];
  for await (const event of readEvents(files, path)) {
    if (event.type === "started" || event.seq === 1) run = [];
    run.push(event);
  }
  return run;
}
