/** readSessionEvents() and streamLog() over files on disk, of sessions that do not run any more. */

import { readSessionEvents } from "../../src/client/events.ts";
import type { SessionFiles } from "../../src/client/find_files.ts";
import { readPlainLog, streamLog } from "../../src/client/logs.ts";
import { openStore, type Store } from "../../src/client/store.ts";
import type { ExitRecord } from "../../src/model/session.ts";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { deepEqual, rejects } from "../support/assert.ts";
import { withTempDir } from "../support/temp.ts";

const NOW = Date.UTC(2026, 0, 31, 12);
const event = (seq: number, type: string, session_id: string) => ({
  schema_version: 1,
  seq,
  ts: `2026-01-31T09:00:0${seq}.000Z`,
  id: "a",
  type,
  session_id,
});

async function withFiles(
  contents: { events?: readonly object[]; output?: string },
  use: (store: Store, files: SessionFiles) => Promise<void>,
): Promise<void> {
  await withTempDir(async (path) => {
    const real = denoPlatform();
    const platform = { ...real, env: { HARNEX_STATE_DIR: path }, clock: { ...real.clock, now: () => NOW } };
    const found: SessionFiles = {
      output: `${path}/a.log`,
      events: `${path}/a.jsonl`,
      live: undefined,
      lost: undefined,
    };
    if (contents.events !== undefined) {
      Deno.writeTextFileSync(found.events, contents.events.map((row) => `${JSON.stringify(row)}\n`).join(""));
    }
    if (contents.output !== undefined) Deno.writeTextFileSync(found.output, contents.output);
    await use(openStore(platform), found);
  });
}

async function listEvents(store: Store, files: SessionFiles, fromMs?: number): Promise<object[]> {
  return await Array.fromAsync(readSessionEvents(store, files, { follow: true, fromMs, complain: () => {} }));
}

/** All that lostEvent() takes from the record of a session whose host died. */
function lost(session_id: string): ExitRecord {
  const record: Partial<ExitRecord> = { id: "a", session_id, exit_code: null, reason: "lost" };
  // deno-lint-ignore no-explicit-any -- the other fields are not read
  return record as any;
}

Deno.test("readSessionEvents() gives every event, or those from a time on", async () => {
  const events = [event(1, "started", "s1"), event(2, "exited", "s1"), event(1, "started", "s2")];
  await withFiles({ events }, async (store, files) => {
    deepEqual(await listEvents(store, files), events);
    deepEqual(await listEvents(store, files, Date.parse("2026-01-31T09:00:02Z")), [events[1]]);
  });
});

Deno.test("readSessionEvents() adds the last event of a session whose host died without it", async () => {
  const events = [event(1, "started", "s1"), event(2, "exited", "s1"), event(4, "started", "s2")];
  const end = {
    schema_version: 1,
    seq: 5,
    ts: "2026-01-31T12:00:00.000Z",
    id: "a",
    type: "exited",
    code: null,
    reason: "lost",
    session_id: "s2",
  };
  await withFiles({ events }, async (store, files) => {
    deepEqual(await listEvents(store, { ...files, lost: lost("s2") }), [...events, end]);
    deepEqual(await listEvents(store, { ...files, lost: lost("s2") }, NOW + 1), []);
    deepEqual(await listEvents(store, { ...files, lost: lost("s1") }), events);
  });
});

Deno.test("streamLog() and readPlainLog() give the last lines", async () => {
  await withFiles({ output: "one\ntwo\n\x1b[1mthree\x1b[0m\n" }, async (store, files) => {
    const bytes = await Array.fromAsync(streamLog(store, files, { lines: 2, follow: true }));
    deepEqual(
      new TextDecoder().decode(Uint8Array.from(bytes.flatMap((part) => [...part]))),
      "two\n\x1b[1mthree\x1b[0m\n",
    );
    deepEqual(await readPlainLog(store, files, 2), ["two", "three"]);
  });
});

Deno.test("a session's missing files are named", async () => {
  await withFiles({}, async (store, files) => {
    await rejects(listEvents(store, files), /HarnexError: the event log .*a\.jsonl is missing/);
    await rejects(readPlainLog(store, files, 1), /HarnexError: the transcript .*a\.log is missing/);
    await rejects(
      Array.fromAsync(streamLog(store, files, { lines: 1, follow: false })),
      /the transcript .* is missing/,
    );
  });
});
