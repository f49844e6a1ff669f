/** How a message ends that is not simply delivered: expired, dropped, refused, failed, cut off by the session's end. */

import { createInbox, type Inbox, INBOX_LIMIT, type InboxDeps } from "../../src/host/inbox/inbox.ts";
import type { EventBody } from "../../src/model/events.ts";
import type { Delivery, Message } from "../../src/model/message.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock, type FakeClock, settle } from "../support/fake_clock.ts";

const TTL_MS = 5_000;
const TAKEN: Delivery = { kind: "accepted", bytesWritten: 3, by: "screen", evidence: "screen: working" };

interface Bench {
  inbox: Inbox;
  clock: FakeClock;
  events: EventBody[];
  tried: Message[];
  submissions: string[];
  setReady: (how: "ready" | "busy") => void;
}

/** An inbox whose deliveries go as `deliver` says. */
function bench(deliver: InboxDeps["deliver"], more: Partial<InboxDeps> = {}): Bench {
  const clock = createFakeClock();
  const events: EventBody[] = [];
  const tried: Message[] = [];
  const submissions: string[] = [];
  let isReady = true;
  let ids = 0;
  const inbox = createInbox({
    clock,
    ttlMs: TTL_MS,
    journal: { write: () => {} },
    newId: () => `m${++ids}`,
    emit: (event) => void events.push(event),
    isReadyFor: () => isReady,
    byKeys: true,
    deliver(message, options) {
      tried.push(message);
      return deliver(message, options);
    },
    onSubmission: ({ kind, messageId }) => void submissions.push(`${messageId} ${kind}`),
    onDelivered: () => {},
    ...more,
  });
  return { inbox, clock, events, tried, submissions, setReady: (how) => isReady = how === "ready" };
}

const text = (content: string) => ({ text: content, mode: "submit" as const, force: false });
const take = () => Promise.resolve(TAKEN);

Deno.test("a message that was dropped, or delivered, does not expire later", async () => {
  const { inbox, clock, events, setReady } = bench(take);
  setReady("busy");
  await inbox.send(text("dropped"));
  await inbox.send(text("delivered"));
  inbox.drop("m1");
  setReady("ready");
  inbox.pump();
  await settle();
  await clock.advance(2 * TTL_MS);
  deepEqual(events.map(({ type }) => type), ["queued", "queued", "dropped", "send"]);
  deepEqual([inbox.find("m1")?.status, inbox.find("m2")?.status], ["dropped", "delivered"]);
  deepEqual(inbox.counts(), { pending: 0, deliveredTotal: 1, expiredTotal: 0 });
});

Deno.test("a message that expires says what held it up, and the one behind it goes on waiting", async () => {
  const { inbox, clock, events, setReady } = bench(take, { whyHeld: () => "a question is open" });
  setReady("busy");
  await inbox.send(text("first"));
  await clock.advance(TTL_MS - 1);
  await inbox.send(text("second"));
  await clock.advance(1);
  const error = "not delivered within 5s: a question is open";
  deepEqual(events.at(-1), { type: "expired", message_id: "m1", error });
  deepEqual(inbox.pending().map(({ id }) => id), ["m2"]);
  deepEqual(inbox.counts(), { pending: 1, deliveredTotal: 0, expiredTotal: 1 });
});

Deno.test("a delivery that throws is a failed message, and is not tried again", async () => {
  const { inbox, events, tried } = bench(() => Promise.reject(new Error("the terminal\nis gone")));
  const result = await inbox.send(text("a"));
  deepEqual(result, {
    kind: "failed",
    messageId: "m1",
    status: "failed",
    error: "the terminal is gone",
    bytesWritten: 0,
  });
  inbox.pump();
  await settle();
  equal(tried.length, 1);
  deepEqual(events, [{ type: "failed", message_id: "m1", error: "the terminal is gone", status: "failed" }]);
});

Deno.test("a refused message fails without a word to the turn engine, and the next one is delivered", async () => {
  const { inbox, submissions } = bench((message) =>
    Promise.resolve(message.text === "no" ? { kind: "refused", reason: "a turn is running" } : TAKEN)
  );
  const refused = await inbox.send(text("no"));
  deepEqual([refused.kind, inbox.find("m1")?.error], ["failed", "a turn is running"]);
  await settle();
  equal((await inbox.send(text("yes"))).kind, "delivered");
  deepEqual(submissions, []);
});

Deno.test("what was typed without Enter and is not taken says how many bytes stand in the box", async () => {
  const { inbox, submissions } = bench((_message, { onStep }) => {
    onStep("typed");
    return Promise.resolve({ kind: "not_taken", bytesWritten: 7, reason: "the text did not show" });
  });
  await inbox.send(text("a"));
  const row = inbox.find("m1");
  deepEqual([row?.status, row?.step, row?.bytes_written], ["typed_not_submitted", "typed", 7]);
  deepEqual(submissions, [], "nothing was submitted");
});

Deno.test("inbox.close() aborts the delivery that runs, and waits for its end", async () => {
  const aborted = Promise.withResolvers<void>();
  const release = Promise.withResolvers<Delivery>();
  const { inbox } = bench((_message, { signal }) => {
    signal.addEventListener("abort", () => aborted.resolve());
    return release.promise;
  });
  const sent = inbox.send(text("a"));
  await settle();
  let isClosed = false;
  const closed = inbox.close("the agent exited").then(() => isClosed = true);
  await aborted.promise;
  await settle();
  equal(isClosed, false, "the delivery still runs");
  release.resolve({ kind: "not_taken", bytesWritten: 0, reason: "given up" });
  await closed;
  deepEqual([(await sent).kind, inbox.find("m1")?.error], ["failed", "given up"]);
});

Deno.test("a forced message is taken although the inbox is full", async () => {
  const { inbox, setReady } = bench(take);
  setReady("busy");
  for (let index = 0; index < INBOX_LIMIT; index++) await inbox.send(text(`message ${index}`));
  equal((await inbox.send({ ...text("now"), force: true })).kind, "delivered");
  equal(inbox.pending().length, INBOX_LIMIT);
});

Deno.test("the event of verbatim text leaves out the Enter that it brings", async () => {
  const { inbox, events } = bench(take);
  for (const raw of ["a\r", "b\r\n", "c\n", "d"]) await inbox.send({ text: raw, mode: "raw", force: false });
  await settle();
  deepEqual(events.flatMap((event) => event.type === "send" ? [event.msg] : []), ["a", "b", "c", "d"]);
});
