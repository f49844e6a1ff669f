/** The event log: one line an event, numbered within a run, whole whatever a crash left before it. */

import { createFiles } from "../../src/platform/files.ts";
import { type EventLogOptions, openEventLog, readEvents, readLastRun } from "../../src/store/event_log.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { tempDir } from "../support/temp.ts";

const files = createFiles(() => "0000");
const START = Date.UTC(2026, 0, 1);

function open(path: string, sessionId = "one", more: Partial<EventLogOptions> = {}) {
  const onFailure = (error: unknown) => {
    throw error;
  };
  return openEventLog({ files, clock: createFakeClock(START), path, id: "a", sessionId, onFailure, ...more });
}

async function all(path: string): Promise<[session: string, seq: number, type: string][]> {
  const events = await Array.fromAsync(readEvents(files, path));
  return events.map(({ session_id, seq, type }) => [session_id, seq, type]);
}

Deno.test("EventLog.append() writes the envelope and the event's own fields as one line", async () => {
  using dir = tempDir();
  using log = await open(dir.join("e"));
  const event = log.append({ type: "started", pid: 7 });
  const line = {
    ...{ schema_version: 1, seq: 1, ts: "2026-01-01T00:00:00.000Z", id: "a" },
    ...{ type: "started", pid: 7, session_id: "one" },
  };
  deepEqual(event, line);
  equal(Deno.readTextFileSync(dir.join("e")), `${JSON.stringify(line)}\n`);
});

Deno.test("a run numbers its events from 1, behind those of earlier runs, and replays its own alone", async () => {
  using dir = tempDir();
  const path = dir.join("e");
  {
    using first = await open(path, "one");
    for (const pid of [1, 2]) first.append({ type: "started", pid });
  }
  using second = await open(path, "two");
  for (const message_id of ["m1", "m2", "m3"]) second.append({ type: "queued", message_id });
  deepEqual(await all(path), [
    ["one", 1, "started"],
    ["one", 2, "started"],
    ["two", 1, "queued"],
    ["two", 2, "queued"],
    ["two", 3, "queued"],
  ]);
  deepEqual((await second.replay(2)).map(({ seq, session_id }) => [seq, session_id]), [[2, "two"], [3, "two"]]);
  deepEqual(await second.replay(4), []);
});

Deno.test("a run replays none of what another process writes into the same log", async () => {
  using dir = tempDir();
  using mine = await open(dir.join("e"), "one");
  using other = await open(dir.join("e"), "two");
  mine.append({ type: "queued", message_id: "a" });
  other.append({ type: "queued", message_id: "b" });
  mine.append({ type: "queued", message_id: "c" });
  deepEqual((await mine.replay(1)).map(({ session_id, seq }) => [session_id, seq]), [["one", 1], ["one", 2]]);
});

Deno.test("a run that goes on in another process goes on with its numbers", async () => {
  using dir = tempDir();
  using log = await open(dir.join("e"), "one", { firstSeq: 5 });
  equal(log.append({ type: "summary", path: null, exit: "lost" }).seq, 5);
});

Deno.test("an event after half a line of a crash is a line of its own", async () => {
  using dir = tempDir();
  const path = dir.join("e");
  Deno.writeTextFileSync(path, '{"schema_version":1,"se');
  using log = await open(path);
  log.append({ type: "started", pid: 1 });
  deepEqual(await all(path), [["one", 1, "started"]]);
});

Deno.test("a listener hears each event once, in order, until it is disposed", async () => {
  using dir = tempDir();
  using log = await open(dir.join("e"));
  const heard: number[] = [];
  log.append({ type: "queued", message_id: "before" });
  {
    using _subscription = log.subscribe(({ seq }) => void heard.push(seq));
    for (const message_id of ["a", "b"]) log.append({ type: "queued", message_id });
  }
  log.append({ type: "queued", message_id: "after" });
  deepEqual(heard, [2, 3]);
});

Deno.test("an event that cannot be written costs a warning, and listeners still hear it", async () => {
  using dir = tempDir();
  const failures: unknown[] = [];
  const broken = {
    append() {
      throw new Error("disk full");
    },
    sync: () => Promise.resolve(),
    restart() {},
    [Symbol.dispose]() {},
  };
  using log = await open(dir.join("e"), "one", {
    files: { ...files, openAppend: () => Promise.resolve(broken) },
    onFailure: (error) => void failures.push(error),
  });
  const heard: string[] = [];
  using _subscription = log.subscribe(({ type }) => void heard.push(type));
  log.append({ type: "started", pid: 1 });
  deepEqual([failures.length, heard], [1, ["started"]]);
});

Deno.test("readLastRun() begins at the last start, and keeps nothing of the run before", async () => {
  using dir = tempDir();
  const path = dir.join("e");
  for (const sessionId of ["one", "two"]) {
    using log = await open(path, sessionId);
    log.append({ type: "started", pid: 1 });
    log.append({ type: "exited", code: 0, reason: "success" });
  }
  deepEqual((await readLastRun(files, path)).map(({ session_id, type }) => [session_id, type]), [
    ["two", "started"],
    ["two", "exited"],
  ]);
});
