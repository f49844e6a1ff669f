/** The book of messages: which it still knows, and which steps it writes down. */

import { createMessageBook } from "../../src/host/inbox/message_book.ts";
import type { Message } from "../../src/model/message.ts";
import type { JournalEntry } from "../../src/store/inbox_journal.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

const START = Date.UTC(2026, 0, 1);
const FINISHED_LIMIT = 1_000;
const KEYED_LIMIT = 10_000;

function openBook() {
  const clock = createFakeClock(START);
  const journal: JournalEntry[] = [];
  const book = createMessageBook({ clock, journal: { write: (entry) => void journal.push(entry) } });
  const open = (id: string, key?: string) => book.open(message(id), key);
  const finish = (id: string, key?: string) => book.fail(open(id, key), { status: "failed", error: "no" });
  return { book, clock, journal, open, finish };
}

function message(id: string): Message {
  return { id, text: `do ${id}`, mode: "submit", force: false };
}

Deno.test("MessageBook.take() writes each step once, only forwards, with its time and its evidence", async () => {
  const { book, clock, journal, open } = openBook();
  const row = open("a");
  book.begin(row);
  await clock.advance(1_000);
  book.take(row, "submitted");
  book.take(row, "typed");
  book.take(row, "submitted");
  book.take(row, "queued");
  book.take(row, "accepted", "screen: working");
  const at = (ms: number) => new Date(START + ms).toISOString();
  deepEqual(row.steps, [
    { step: "queued", at: at(0) },
    { step: "submitted", at: at(1_000) },
    { step: "accepted", at: at(1_000), evidence: "screen: working" },
  ]);
  equal(row.step, "accepted");
  deepEqual(journal, [
    { message_id: "a", step: "queued", mode: "submit", text: "do a" },
    { message_id: "a", step: "typing" },
    { message_id: "a", step: "submitted" },
    { message_id: "a", step: "accepted", evidence: "screen: working" },
  ]);
});

Deno.test("MessageBook.fail() puts status and error into the journal and the row", () => {
  const { book, journal, open } = openBook();
  const row = open("a", "its key");
  book.fail(row, { status: "dropped", error: "inbox cleared" });
  deepEqual([row.status, row.error, row.step, row.key], ["dropped", "inbox cleared", "queued", "its key"]);
  deepEqual(journal, [
    { message_id: "a", step: "queued", mode: "submit", text: "do a", key: "its key" },
    { message_id: "a", status: "dropped", error: "inbox cleared" },
  ]);
});

Deno.test("MessageBook.find() knows the last thousand messages, and every one that still waits", () => {
  const { book, open, finish } = openBook();
  open("waits");
  for (let index = 0; index < FINISHED_LIMIT; index++) finish(`m${index}`);
  equal(book.find("m0"), undefined);
  deepEqual([book.find("waits")?.status, book.find("m1")?.status], ["queued", "failed"]);
  finish("one more");
  deepEqual([book.find("waits")?.status, book.find("m1"), book.find("m2")?.status], ["queued", undefined, "failed"]);
});

Deno.test("MessageBook.findByKey() knows a message by its key for ten times as long", () => {
  const { book, finish } = openBook();
  for (let index = 0; index <= FINISHED_LIMIT; index++) finish(`m${index}`, `k${index}`);
  deepEqual([book.find("m0"), book.findByKey("k0")?.id], [undefined, "m0"]);
  for (let index = FINISHED_LIMIT + 1; index < KEYED_LIMIT; index++) finish(`m${index}`, `k${index}`);
  equal(book.findByKey("k0")?.id, "m0");
  finish("last", "last");
  deepEqual([book.findByKey("k0"), book.findByKey("k1")?.id], [undefined, "m1"]);
});
