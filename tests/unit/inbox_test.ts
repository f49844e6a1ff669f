import fc from "fast-check";
import type { EventBody } from "../../src/model/events.ts";
import type { Delivery, Message, MessageMode } from "../../src/model/message.ts";
import { createInbox, type Inbox, INBOX_LIMIT } from "../../src/host/inbox/inbox.ts";
import type { DeliverOptions } from "../../src/transports/agent_process.ts";
import { deepEqual, equal, ok, throws } from "../support/assert.ts";
import { createFakeClock, type FakeClock, settle } from "../support/fake_clock.ts";

interface Bench {
  inbox: Inbox;
  clock: FakeClock;
  events: EventBody[];
  typed: Message[];
  submissions: string[];
  /** what the journal got, as `<message> <step or status>` */
  journal: string[];
  /** the modes that the agent is ready for */
  ready: Set<MessageMode>;
  /** ends the delivery that runs */
  finish: (delivery: Delivery) => Promise<void>;
}

const TAKEN: Delivery = { kind: "accepted", bytesWritten: 6, by: "screen", evidence: "screen: working" };

/** An inbox before an agent that takes one message per prompt, as in a session. */
function bench({ byKeys = true } = {}): Bench {
  const clock = createFakeClock();
  const events: EventBody[] = [];
  const typed: Message[] = [];
  const submissions: string[] = [];
  const journal: string[] = [];
  const ready = new Set<MessageMode>(["submit", "type", "raw"]);
  let current: { resolve: (delivery: Delivery) => void; options: DeliverOptions } | undefined;
  let ids = 0;
  const inbox = createInbox({
    clock,
    ttlMs: 120_000,
    journal: {
      write: (entry) => void journal.push(`${entry.message_id} ${"step" in entry ? entry.step : entry.status}`),
    },
    newId: () => `m${++ids}`,
    emit: (event) => void events.push(event),
    isReadyFor: (mode) => ready.has(mode),
    byKeys,
    deliver: (message, options) => {
      typed.push(message);
      options.onStep("typed");
      options.onStep("submitted");
      return new Promise((resolve) => current = { resolve, options });
    },
    onSubmission: ({ kind, messageId }) => {
      submissions.push(`${messageId} ${kind}`);
      if (kind === "submitted") ready.delete("submit");
    },
    onDelivered: () => {},
  });
  const finish = async (delivery: Delivery) => {
    await settle();
    current?.resolve(delivery);
    await settle();
  };
  return { inbox, clock, events, typed, submissions, journal, ready, finish };
}

const text = (content: string) => ({ text: content, mode: "submit" as const, force: false });

Deno.test("inbox.send() delivers at once when the agent is at its prompt and nothing waits", async () => {
  const { inbox, finish, events, submissions } = bench();
  const sent = inbox.send(text("hello"));
  await finish(TAKEN);
  deepEqual(await sent, { kind: "delivered", messageId: "m1", bytesWritten: 6, evidence: "screen: working" });
  deepEqual(submissions, ["m1 submitted", "m1 taken"]);
  deepEqual(events, [
    { type: "send", msg: "hello", msg_truncated: false, forced: false, message_id: "m1", evidence: "screen: working" },
  ]);
  deepEqual(inbox.counts(), { pending: 0, deliveredTotal: 1, expiredTotal: 0 });
});

Deno.test("inbox.find() previews at most 80 whole characters on one line", async () => {
  const { inbox } = bench();
  const previews = [`a\n\t b${"😀".repeat(77)}`, `ab${"😀".repeat(79)}`].map((content, index) => {
    void inbox.send(text(content));
    return inbox.find(`m${index + 1}`)?.text_preview;
  });
  deepEqual(previews, [`a b${"😀".repeat(77)}`, `ab${"😀".repeat(75)}...`]);
  await settle();
});

Deno.test("inbox.send() queues while the agent works, and delivers one message per prompt in order", async () => {
  const { inbox, finish, ready, typed } = bench();
  ready.clear();
  deepEqual(await inbox.send(text("one")), { kind: "queued", messageId: "m1" });
  deepEqual(await inbox.send(text("two")), { kind: "queued", messageId: "m2" });
  ready.add("submit");
  inbox.pump();
  inbox.pump();
  await finish(TAKEN);
  deepEqual(typed.map((message) => message.text), ["one"]);
  ready.add("submit");
  inbox.pump();
  await finish(TAKEN);
  deepEqual(typed.map((message) => message.text), ["one", "two"]);
});

Deno.test("inbox.send() refuses the 65th pending message and loses none of the others", async () => {
  const { inbox, ready } = bench();
  ready.clear();
  for (let sent = 0; sent < INBOX_LIMIT; sent++) await inbox.send(text(`message ${sent}`));
  throws(() => inbox.send(text("one too many")), { code: "busy", message: "inbox full (64 pending messages)" });
  equal(inbox.pending().length, INBOX_LIMIT);
});

Deno.test("inbox.send() with force skips the queue but not the delivery that runs", async () => {
  const { inbox, finish, typed } = bench();
  const first = inbox.send(text("first"));
  const forced = inbox.send({ ...text("now"), force: true });
  await settle();
  equal(typed.length, 1);
  await finish(TAKEN);
  await finish(TAKEN);
  equal((await first).kind, "delivered");
  equal((await forced).kind, "delivered");
  deepEqual(typed.map((message) => message.text), ["first", "now"]);
});

Deno.test("inbox.send() lets an Enter answer the question that the queue waits for", async () => {
  const { inbox, finish, typed, ready } = bench();
  ready.delete("submit");
  ready.add("enter");
  equal((await inbox.send(text("later"))).kind, "queued");
  const answer = inbox.send({ text: "", mode: "enter", force: false });
  await settle();
  deepEqual(typed.map(({ mode }) => mode), ["enter"]);
  ready.add("submit");
  await finish(TAKEN);
  equal((await answer).kind, "delivered");
  deepEqual(typed.map(({ mode }) => mode), ["enter", "submit"]);
  await finish(TAKEN);
});

Deno.test("inbox reports an expired message, once, and never types it", async () => {
  const { inbox, clock, events, ready, typed } = bench();
  ready.clear();
  await inbox.send(text("late"));
  await clock.advance(119_999);
  equal(inbox.find("m1")?.status, "queued");
  await clock.advance(1);
  equal(inbox.find("m1")?.status, "expired");
  ready.add("submit");
  inbox.pump();
  await settle();
  equal(typed.length, 0);
  deepEqual(events, [
    { type: "queued", message_id: "m1" },
    { type: "expired", message_id: "m1", error: "not delivered within 120s" },
  ]);
});

Deno.test("inbox says typed_not_submitted of what was typed but not taken, and does not type it again", async () => {
  const { inbox, finish, events, submissions, typed, ready } = bench();
  const sent = inbox.send(text("lost?"));
  await finish({ kind: "not_taken", bytesWritten: 5, reason: "no sign" });
  deepEqual(await sent, {
    kind: "failed",
    messageId: "m1",
    status: "typed_not_submitted",
    error: "no sign",
    bytesWritten: 5,
  });
  deepEqual(submissions, ["m1 submitted", "m1 not_taken"]);
  deepEqual(events, [{ type: "failed", message_id: "m1", error: "no sign", status: "typed_not_submitted" }]);
  ready.add("submit");
  inbox.pump();
  await settle();
  equal(typed.length, 1);
  equal(inbox.find("m1")?.step, "submitted");
});

Deno.test("inbox.drop() and dropAll() take messages out and emit an event for each", async () => {
  const { inbox, ready, events } = bench();
  ready.clear();
  for (const word of ["a", "b", "c"]) await inbox.send(text(word));
  equal(inbox.drop("m2").status, "dropped");
  throws(() => inbox.drop("m2"), { code: "not_found" });
  equal(inbox.dropAll(), 2);
  deepEqual(events.filter(({ type }) => type === "dropped").map((event) => "message_id" in event && event.message_id), [
    "m2",
    "m1",
    "m3",
  ]);
});

Deno.test("inbox.close() fails what waits, with the reason, and takes nothing more", async () => {
  const { inbox, ready } = bench();
  ready.clear();
  await inbox.send(text("never"));
  await inbox.close("the agent exited");
  deepEqual([inbox.find("m1")?.status, inbox.find("m1")?.error], ["failed", "the agent exited"]);
  throws(() => inbox.send(text("more")), { code: "unavailable" });
});

for (const [to, byKeys, typing] of [["to a terminal", true, ["typing"]], ["by protocol", false, []]] as const) {
  Deno.test(`inbox writes every step of a message ${to} into the journal, once, before the next`, async () => {
    const { inbox, ready, finish, journal } = bench({ byKeys });
    ready.clear();
    await inbox.send(text("one"));
    await inbox.send(text("two"));
    ready.add("submit");
    inbox.pump();
    await finish(TAKEN);
    inbox.noteTurn("m1", "turn_started");
    inbox.noteTurn("m1", "turn_started");
    inbox.noteTurn("m1", "turn_ended");
    inbox.drop("m2");
    const steps = ["queued", ...typing, "typed", "submitted", "accepted", "turn_started", "turn_ended"];
    const ofFirst = journal.filter((line) => line.startsWith("m1 ")).map((line) => line.slice(3));
    deepEqual(ofFirst, steps);
    deepEqual(journal.filter((line) => line.startsWith("m2 ")), ["m2 queued", "m2 dropped"]);
    deepEqual(inbox.find("m1")?.steps.map(({ step, evidence }) => [step, evidence]), [
      ["queued", undefined],
      ["typed", undefined],
      ["submitted", undefined],
      ["accepted", "screen: working"],
      ["turn_started", undefined],
      ["turn_ended", undefined],
    ]);
  });
}

Deno.test("inbox.send() types a message with a known key once, whenever it is sent again", async () => {
  const { inbox, ready, finish, typed } = bench();
  const once = { ...text("once"), key: "k" };
  const during = [inbox.send(once), inbox.send(once)];
  await finish(TAKEN);
  const delivered = { kind: "delivered", messageId: "m1", bytesWritten: 6, evidence: "screen: working" };
  deepEqual(await Promise.all(during), [delivered, delivered]);
  deepEqual(await inbox.send(once), delivered);
  const waiting = { ...text("later"), key: "waiting" };
  deepEqual([await inbox.send(waiting), await inbox.send(waiting)].map(({ kind, messageId }) => [kind, messageId]), [
    ["queued", "m2"],
    ["queued", "m2"],
  ]);
  inbox.drop("m2");
  deepEqual(await inbox.send(waiting), {
    kind: "failed",
    messageId: "m2",
    status: "dropped",
    error: "dropped from the inbox",
    bytesWritten: 0,
  });
  ready.add("submit");
  inbox.pump();
  await settle();
  deepEqual(typed.map((message) => message.text), ["once"]);
});

Deno.test("inbox shows 80 characters of a message and records 200", async () => {
  const { inbox, ready, finish, events } = bench();
  ready.clear();
  await inbox.send(text("x".repeat(201)));
  await inbox.send(text("y".repeat(200)));
  equal(inbox.pending()[0]?.text_preview, `${"x".repeat(77)}...`);
  for (let turn = 0; turn < 2; turn++) {
    ready.add("submit");
    inbox.pump();
    await finish(TAKEN);
  }
  deepEqual(events.flatMap((event) => event.type === "send" ? [[event.msg, event.msg_truncated]] : []), [
    [`${"x".repeat(200)}…`, true],
    ["y".repeat(200), false],
  ]);
});

Deno.test("inbox types every accepted message once, in order, whatever the agent does", async () => {
  const step = fc.constantFrom("send", "prompt", "taken", "lost", "time");
  const run = await fc.check(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { inbox, ready, finish, typed, clock } = bench();
      const accepted: string[] = [];
      for (const [index, what] of steps.entries()) {
        if (what === "send") {
          void inbox.send(text(`t${index}`));
          accepted.push(`t${index}`);
        }
        if (what === "prompt") {
          ready.add("submit");
          inbox.pump();
        }
        if (what === "taken") await finish(TAKEN);
        if (what === "lost") await finish({ kind: "not_taken", bytesWritten: 2, reason: "no sign" });
        if (what === "time") await clock.advance(1_000);
      }
      await settle();
      const order = typed.map((message) => accepted.indexOf(message.text));
      deepEqual(order, [...new Set(order)].sort((one, other) => one - other), "once each, in the order of acceptance");
    }),
    { numRuns: 60 },
  );
  ok(!run.failed, `seed ${run.seed}: ${JSON.stringify(run.counterexample)} ${run.errorInstance}`);
});
