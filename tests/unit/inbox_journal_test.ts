import { listUndelivered, openInboxJournal, readJournal, settleJournal } from "../../src/store/inbox_journal.ts";
import { createFiles } from "../../src/platform/files.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { tempDir } from "../support/temp.ts";

const files = createFiles(() => "0000");

function open(path: string, sessionId = "one", onFailure: (error: unknown) => void = (error) => {
  throw error;
}) {
  return openInboxJournal({ files, clock: createFakeClock(Date.UTC(2026, 0, 1)), path, sessionId, onFailure });
}

const queued = (message_id: string) =>
  ({ message_id, step: "queued", mode: "submit", text: `do ${message_id}` }) as const;

Deno.test("a journal is private and tells how far each message got", async () => {
  using dir = tempDir();
  const path = dir.join("inbox.jsonl");
  using journal = await open(path);
  for (const id of ["a", "b", "c", "d", "e"]) journal.write(queued(id));
  for (const id of ["b", "c", "d", "e"]) journal.write({ message_id: id, step: "typing" });
  for (const id of ["c", "d", "e"]) journal.write({ message_id: id, step: "typed" });
  for (const id of ["d", "e"]) journal.write({ message_id: id, step: "submitted" });
  journal.write({ message_id: "e", step: "accepted", evidence: "screen: working" });
  // To an agent without a terminal: nothing is typed there.
  for (const id of ["f", "g"]) journal.write(queued(id));
  for (const id of ["f", "g"]) journal.write({ message_id: id, step: "typed" });
  journal.write({ message_id: "g", step: "submitted" });
  equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
  deepEqual((await listUndelivered(files, path)).map(({ message_id, step, error }) => [message_id, step, error]), [
    ["a", "queued", "the host died before anything of it was typed"],
    ["b", "queued", "the host died while it was typed: part of it may be in the input box"],
    ["c", "typed", "the host died after it was typed, before Enter: it may be in the input box"],
    [
      "d",
      "submitted",
      "the host died when Enter was due, before the agent was seen to take it: it may have been taken",
    ],
    ["f", "typed", "the host died before it was sent to the agent"],
    [
      "g",
      "submitted",
      "the host died when it was sent, before the agent was seen to take it: it may have been taken",
    ],
  ]);
});

Deno.test("settleJournal() accounts for each lost message once, also after a torn line", async () => {
  using dir = tempDir();
  const path = dir.join("inbox.jsonl");
  {
    using journal = await open(path);
    journal.write(queued("a"));
    journal.write(queued("b"));
    journal.write({ message_id: "b", status: "dropped", error: "inbox cleared" });
  }
  Deno.writeTextFileSync(path, '{"session_id":"one","message_id":"a","st', { append: true });
  deepEqual((await settleJournal(files, path)).map(({ message_id }) => message_id), ["a"]);
  deepEqual(await settleJournal(files, path), []);
  deepEqual((await listUndelivered(files, path)).map(({ message_id }) => message_id), ["a"]);
});

Deno.test("the next run of an id tells what the last one lost, and the one after that does not", async () => {
  using dir = tempDir();
  const path = dir.join("inbox.jsonl");
  {
    using journal = await open(path, "one");
    journal.write(queued("a"));
    journal.write(queued("b"));
    journal.write({ message_id: "b", step: "accepted", evidence: "rpc" });
  }
  await settleJournal(files, path);
  {
    using journal = await open(path, "two");
    deepEqual(journal.undelivered.map(({ message_id, session_id }) => [message_id, session_id]), [["a", "one"]]);
    deepEqual((await readJournal(files, path)).map(({ messageId }) => messageId), ["a"]);
  }
  using journal = await open(path, "three");
  deepEqual(journal.undelivered, []);
  equal(Deno.readTextFileSync(path), "");
});

Deno.test("a journal is written anew when it has grown, without losing what is under way", async () => {
  using dir = tempDir();
  const path = dir.join("inbox.jsonl");
  using journal = await open(path);
  journal.write(queued("waiting"));
  const text = "x".repeat(1 << 20);
  for (let index = 0; index < 20; index++) {
    journal.write({ message_id: `m${index}`, step: "queued", mode: "submit", text });
    journal.write({ message_id: `m${index}`, step: "accepted", evidence: "rpc" });
  }
  equal(Deno.statSync(path).size < 10 << 20, true);
  deepEqual((await listUndelivered(files, path)).map(({ message_id }) => message_id), ["waiting"]);
});

Deno.test("a journal that cannot be written costs a warning", async () => {
  using dir = tempDir();
  const path = dir.join("inbox.jsonl");
  const failures: unknown[] = [];
  const broken: typeof files = {
    ...files,
    openAppend: () =>
      Promise.resolve({
        append: () => {
          throw new Error("disk full");
        },
        sync: () => Promise.resolve(),
        restart: () => {
          throw new Error("disk full");
        },
        [Symbol.dispose]() {},
      }),
  };
  using journal = await openInboxJournal({
    files: broken,
    clock: createFakeClock(),
    path,
    sessionId: "one",
    onFailure: (error) => void failures.push(error),
  });
  journal.write(queued("a"));
  equal(failures.length, 2);
});
