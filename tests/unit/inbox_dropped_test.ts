/**
 * Messages that are dropped before the agent gets them: over the API of a session, in its events and in its journal.
 */

import { join } from "node:path";
import { createFiles } from "../../src/platform/files.ts";
import { listUndelivered, openInboxJournal, settleJournal } from "../../src/store/inbox_journal.ts";
import { scriptedAgent, startInProcessHost } from "../support/in_process_host.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { at } from "../support/json.ts";
import { fileName, type Json, parseJson } from "../support/sessions.ts";
import { tempDir } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

const PATIENCE_MS = 20_000;

/** A session whose agent works, so that every message waits, until `prompt()` shows its prompt. */
async function openSession() {
  const dir = tempDir();
  const [stateDir, project] = [dir.join("state"), dir.join("project")];
  for (const path of [stateDir, project, join(stateDir, "launches")]) Deno.mkdirSync(path);
  const agent = scriptedAgent({ opening: "working\r\n" });
  const host = startInProcessHost({ stateDir, project, agent: () => agent.process });
  await host.registered;
  const rows = (folder: string): Json[] =>
    Deno.readTextFileSync(join(stateDir, folder, `${fileName(project, "k")}.jsonl`)).trim().split("\n")
      .map((line) => parseJson(line));
  return {
    host,
    rows,
    prompt: () => agent.print("> "),
    typed: agent.typed,
    async send(text: string): Promise<string> {
      const { status, body } = await host.call("POST", "/send", { text, submit: true });
      deepEqual([status, body["status"]], [202, "queued"]);
      return String(body["message_id"]);
    },
    async [Symbol.asyncDispose]() {
      if ((await host.call("GET", "/status")).body["agent_state"] !== "exited") await host.call("POST", "/stop");
      await within(PATIENCE_MS, host.ended, "the end of the session");
      dir[Symbol.dispose]();
    },
  };
}

/** What the log and the journal say of a message beyond its being queued. */
function accountOf({ rows }: { rows: (folder: string) => Json[] }, messageId: string) {
  const own = (folder: string) => rows(folder).filter((row) => row["message_id"] === messageId);
  return {
    events: own("events").map(({ type, error }) => ({ type, error })),
    journal: own("inbox").map(({ step, status, error }) => ({ step: step ?? status, error })),
  };
}

const QUEUED = { events: { type: "queued", error: undefined }, journal: { step: "queued", error: undefined } };

Deno.test("DELETE /inbox/:id drops one message, which is never typed, and keeps the others in order", async () => {
  await using session = await openSession();
  const { host } = session;
  const [first, second, third] = [
    await session.send("first"),
    await session.send("second"),
    await session.send("third"),
  ];
  const dropped = await host.call("DELETE", `/inbox/${second}`);
  equal(dropped.status, 200);
  const { message } = dropped.body;
  deepEqual(
    [at(message, "id"), at(message, "status"), at(message, "step"), at(message, "error"), at(message, "delivered_at")],
    [second, "dropped", "queued", "dropped from the inbox", null],
  );
  deepEqual((await host.call("GET", `/messages/${second}`)).body, message);
  const { messages } = (await host.call("GET", "/inbox")).body;
  deepEqual([at(messages, "0", "id"), at(messages, "1", "id"), at(messages, "2")], [first, third, undefined]);
  deepEqual(accountOf(session, second), {
    events: [QUEUED.events, { type: "dropped", error: "dropped from the inbox" }],
    journal: [QUEUED.journal, { step: "dropped", error: "dropped from the inbox" }],
  });

  session.prompt();
  await until(PATIENCE_MS, () => session.typed().includes("third\r") || undefined, "the other messages");
  match(session.typed(), /^first\rthird\r/);
  const { inbox } = (await host.call("GET", "/status")).body;
  deepEqual([at(inbox, "pending"), at(inbox, "expired_total")], [0, 0]);
});

Deno.test("DELETE /inbox/:id answers 404 for what does not wait, and changes nothing", async () => {
  await using session = await openSession();
  const { host } = session;
  const dropped = await session.send("dropped");
  equal((await host.call("DELETE", `/inbox/${dropped}`)).status, 200);
  for (const id of [dropped, "none", encodeURIComponent("a/b")]) {
    const { status, body } = await host.call("DELETE", `/inbox/${id}`);
    deepEqual([status, body["ok"]], [404, false], id);
  }
  deepEqual(accountOf(session, dropped).journal.length, 2);
  const delivered = await session.send("delivered");
  session.prompt();
  await until(
    PATIENCE_MS,
    async () => (await host.call("GET", `/messages/${delivered}`)).body["status"] === "delivered" || undefined,
    "the delivery",
  );
  equal((await host.call("DELETE", `/inbox/${delivered}`)).status, 404);
  equal((await host.call("GET", `/messages/${delivered}`)).body["status"], "delivered");
});

Deno.test("DELETE /inbox drops every message that waits, with an event and a journal row for each", async () => {
  await using session = await openSession();
  const { host } = session;
  deepEqual((await host.call("DELETE", "/inbox")).body, { ok: true, cleared: 0 });
  const ids = [await session.send("one"), await session.send("two")];
  deepEqual((await host.call("DELETE", "/inbox")).body, { ok: true, cleared: 2 });
  deepEqual((await host.call("GET", "/inbox")).body, { ok: true, messages: [] });
  for (const id of ids) {
    equal((await host.call("GET", `/messages/${id}`)).body["status"], "dropped");
    deepEqual(accountOf(session, id), {
      events: [QUEUED.events, { type: "dropped", error: "inbox cleared" }],
      journal: [QUEUED.journal, { step: "dropped", error: "inbox cleared" }],
    });
  }
  session.prompt();
  await session.host.untilState("prompt");
  equal(session.typed(), "");
});

Deno.test("a message that was dropped is no message that the session left undelivered", async () => {
  using dir = tempDir();
  const files = createFiles(() => "0000");
  const path = dir.join("inbox.jsonl");
  {
    using journal = await openInboxJournal({
      ...{ files, path, clock: createFakeClock(), sessionId: "one" },
      onFailure(error) {
        throw error;
      },
    });
    for (const id of ["a", "b"]) journal.write({ message_id: id, step: "queued", mode: "submit", text: id });
    journal.write({ message_id: "a", status: "dropped", error: "dropped from the inbox" });
  }
  deepEqual((await listUndelivered(files, path)).map(({ message_id }) => message_id), ["b"]);
  deepEqual((await settleJournal(files, path)).map(({ message_id }) => message_id), ["b"]);
});
