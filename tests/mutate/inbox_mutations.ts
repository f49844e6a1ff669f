/** Faults on a message's way to the agent: the queue, its steps, the journal, a person's keys. */

import { inFile, type Mutation } from "./mutation.ts";

const INBOX = ["tests/unit/inbox_test.ts", "tests/unit/inbox_ends_test.ts"];
const JOURNAL = ["tests/unit/inbox_journal_test.ts"];

export const INBOX_MUTATIONS: readonly Mutation[] = [
  ...inFile("src/host/inbox/inbox.ts", INBOX, [
    ["one message more than the limit may wait", "queue.size >= INBOX_LIMIT", "queue.size > INBOX_LIMIT"],
    ["a message with a known key is typed again", "key === undefined ? undefined : book.findByKey(key)", "undefined"],
    ["the next message is typed while one is being delivered", "deliveries.isRunning || isClosed", "isClosed"],
    ["queued messages are typed while the agent works", "!isReadyFor(head.message.mode)", "false"],
    [
      "an Enter that answers a question waits behind the queue",
      '(asked.mode === "enter" && !isReadyFor("submit"))',
      "false",
    ],
    [
      "a closed inbox takes messages",
      'if (isClosed) throw new HarnexError("unavailable"',
      'if (!key && false) throw new HarnexError("unavailable"',
    ],
  ]),
  ...inFile("src/host/inbox/queue.ts", INBOX, [
    ["a message that was dropped or delivered expires later", "waiting.get(entry)?.();", ""],
    ["expired messages are not counted", "expiredTotal++;", ""],
    ["an expired message does not say what held it up", "const why = whyHeld?.();", "const why = undefined;"],
    [
      "dropped messages are told as failed",
      'fail(entry, { status: "dropped", error: "dropped from the inbox" });',
      'fail(entry, { status: "failed", error: "dropped from the inbox" });',
    ],
  ]),
  ...inFile("src/host/inbox/delivery.ts", INBOX, [
    ["what stands in the box is told as not typed", 'bytesWritten > 0 ? "typed_not_submitted" : "failed"', '"failed"'],
    ["the journal does not say that keys are pressed", "if (deps.byKeys) book.begin(row);", ""],
    ["two messages are typed at once", "last.then(() => deliver(entry))", "deliver(entry)"],
    ["closing the inbox does not end the delivery that runs", "abort.abort();", ""],
    [
      "the turn engine hears nothing of a message that was not taken",
      'if (isSubmitted) deps.onSubmission({ kind: "not_taken"',
      'if (!isSubmitted) deps.onSubmission({ kind: "not_taken"',
    ],
    ["delivered messages are not counted", "total++;", ""],
  ]),
  ...inFile("src/host/inbox/message_book.ts", ["tests/unit/message_book_test.ts", ...INBOX], [
    [
      "a step is taken twice",
      "MESSAGE_STEPS.indexOf(step) <= MESSAGE_STEPS.indexOf(row.step)",
      "MESSAGE_STEPS.indexOf(step) < MESSAGE_STEPS.indexOf(row.step)",
    ],
    ["a message that waits is forgotten", 'if (row.status === "queued") continue;', ""],
    ["the journal does not say how a message failed", "journal.write({ message_id: row.id, status, error });", ""],
    ["a key is forgotten as soon as the message", "trim(keyed, KEYED_LIMIT)", "trim(keyed, FINISHED_LIMIT)"],
  ]),
  ...inFile("src/store/inbox_journal.ts", JOURNAL, [
    ["what may stand in the box is told as not typed", 'if (line["step"] === "typing") message.keyed = true;', ""],
    ["a message that was taken is told as lost", 'if (step === "accepted") message.status = "delivered";', ""],
    ["what the run before the last one lost is told again", ".filter(({ carried }) => !carried)", ""],
    ["a lost message is accounted for twice", '.filter(({ status }) => status === "queued")', ""],
  ]),
  ...inFile("src/host/inbox/typing_gate.ts", ["tests/unit/typing_gate_test.ts"], [
    ["a key need not show on the screen before a message is typed", "if (quietMs < ECHO_MS) return false;", ""],
    ["a draft that the screen cannot tell does not count", "quietMs >= DRAFT_AGE_MS", "quietMs >= ECHO_MS"],
    [
      "a person's keys get into the message that is typed",
      "if (holds === 0 && held.length === 0) return",
      "if (held.length === 0) return",
    ],
    ["the first of two holds lets the keys through", "if (holds === 0) void flush();", "void flush();"],
  ]),
];
