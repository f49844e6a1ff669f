import { deepEqual, equal } from "../support/assert.ts";
import { sendMessage, type SendOptions } from "../../src/client/send.ts";
import { openStore } from "../../src/client/store.ts";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { withTempDir } from "../support/temp.ts";

const ROW = {
  id: "m1",
  status: "delivered",
  step: "accepted",
  queued_at: "2026-01-02T03:04:05.000Z",
  delivered_at: "2026-01-02T03:04:06.000Z",
  text_preview: "hello",
  error: null,
  bytes_written: 6,
  steps: [],
};

/** What a session's API answers to a send, and the events that follow it. */
interface Script {
  sent: { status: number; body: object };
  then: readonly object[];
  /** the answer to `GET /messages/:id`; absent: the session is gone by then */
  row?: { status: number; body: object };
}

/** Sends one message to an API that follows the script. */
async function sendTo(script: Script, options: Partial<SendOptions>) {
  const sent = Promise.withResolvers<void>();
  const encoder = new TextEncoder();
  const events = () =>
    new ReadableStream<Uint8Array>({
      async start(stream) {
        stream.enqueue(encoder.encode(": connected\n\n"));
        await sent.promise;
        let seq = 0;
        for (const event of script.then) {
          const line = { seq: ++seq, ts: "2026-01-02T03:04:05.000Z", ...event };
          stream.enqueue(encoder.encode(`id: ${seq}\ndata: ${JSON.stringify(line)}\n\n`));
        }
        stream.close();
      },
    });
  await using api = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    const { pathname } = new URL(url);
    if (pathname === "/events") return new Response(events());
    if (pathname === "/send") {
      sent.resolve();
      return Response.json(script.sent.body, { status: script.sent.status });
    }
    if (pathname === "/messages/m1" && script.row) return Response.json(script.row.body, { status: script.row.status });
    return new Response(new ReadableStream({ start: (stream) => stream.error(new Error("gone")) }));
  });
  return await withTempDir(async (path) => {
    const store = openStore({ ...denoPlatform(), env: { HARNEX_STATE_DIR: path } });
    return await sendMessage(store, {
      wanted: { id: "w", repoRoot: path },
      direct: { host: "127.0.0.1", port: api.addr.port, token: "t" },
      text: "hello",
      mode: "submit",
      force: false,
      wait: "delivered",
      budgetMs: 60_000,
      ...options,
    });
  });
}

const QUEUED = { status: 202, body: { ok: true, status: "queued", message_id: "m1" } };
const DELIVERED = { status: 200, body: { ok: true, status: "delivered", message_id: "m1", newline: false } };
const OWN_SEND = { type: "send", message_id: "m1" };

Deno.test("sendMessage() answers with the message's row when a queued message was delivered", async () => {
  const script = {
    sent: QUEUED,
    then: [{ type: "send", message_id: "m0" }, OWN_SEND],
    row: { status: 200, body: ROW },
  };
  deepEqual(await sendTo(script, {}), { answer: { ok: true, message_id: "m1", ...ROW }, code: 0 });
});

Deno.test("sendMessage() says no more than that a message was delivered when its row cannot be had", async () => {
  const known = { answer: { ok: true, status: "delivered", message_id: "m1" }, code: 0 };
  deepEqual(await sendTo({ sent: QUEUED, then: [OWN_SEND] }, {}), known);
  const lost = { status: 404, body: { ok: false, error: "no message m1" } };
  deepEqual(await sendTo({ sent: QUEUED, then: [OWN_SEND], row: lost }, {}), known);
});

Deno.test("sendMessage() passes on what the session said of a message that is only typed", async () => {
  const script = { sent: DELIVERED, then: [OWN_SEND], row: { status: 200, body: ROW } };
  deepEqual(await sendTo(script, { mode: "type", wait: "idle" }), { answer: DELIVERED.body, code: 0 });
  deepEqual(await sendTo(script, { mode: "type" }), { answer: DELIVERED.body, code: 0 });
});

Deno.test("sendMessage() waits for the end of the message's own turn, and of one that it may have joined", async () => {
  const others = [OWN_SEND, { type: "task_complete", message_id: "m0" }];
  const own = [...others, { type: "task_failed", message_id: "m1", error: "refused" }];
  const failed = await sendTo({ sent: QUEUED, then: own }, { wait: "idle" });
  const { waited_seconds: _waited, ...answer } = failed.answer;
  deepEqual([answer, failed.code], [
    { ok: false, id: "w", state: "prompt", status: "task_failed", error: "refused" },
    1,
  ]);
  const joined = await sendTo({ sent: DELIVERED, then: others }, { wait: "idle", force: true });
  deepEqual([joined.answer["ok"], joined.answer["message_id"], joined.code], [true, "m1", 0]);
  const early = [{ type: "task_complete", message_id: "m0" }];
  const gone = await sendTo({ sent: QUEUED, then: early }, { wait: "idle", force: true });
  deepEqual([gone.answer["state"], gone.code], ["exited", 1], "a turn that ended before the delivery is not its turn");
});

Deno.test("sendMessage() says why a queued message was not delivered", async () => {
  const outcomes = [
    { event: { type: "expired", message_id: "m1", error: "too late" }, status: "expired" },
    { event: { type: "dropped", message_id: "m1", error: "cleared" }, status: "dropped" },
    {
      event: { type: "failed", message_id: "m1", error: "no", status: "typed_not_submitted" },
      status: "typed_not_submitted",
    },
  ];
  for (const { event, status } of outcomes) {
    const other = { ...event, message_id: "m0" };
    const { answer, code } = await sendTo({ sent: QUEUED, then: [other, event] }, {});
    deepEqual({ answer, code }, {
      answer: { ok: false, id: "w", status, message_id: "m1", error: event.error },
      code: 1,
    });
  }
  equal((await sendTo({ sent: QUEUED, then: [] }, {})).answer["state"], "exited");
});
