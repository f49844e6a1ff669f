import { deepEqual, equal } from "../support/assert.ts";
import fc from "fast-check";
import { readServerSentEvents } from "../../src/wire/sse.ts";
import { fuzz } from "../support/fuzz.ts";

const encoder = new TextEncoder();

interface Source {
  body: ReadableStream<Uint8Array>;
  cancelled: () => boolean;
}

/** A stream of these chunks, which then ends, fails, or stays open. */
function sourceOf(chunks: readonly Uint8Array[], then: "end" | "fail" | "stay" = "end"): Source {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start(stream) {
      for (const chunk of chunks) stream.enqueue(chunk);
      if (then === "end") stream.close();
    },
    pull(stream) {
      if (then === "fail") stream.error(new TypeError("reset"));
    },
    cancel: () => void (cancelled = true),
  });
  return { body, cancelled: () => cancelled };
}

async function read(text: string, maxBytes = 1_000): Promise<string[]> {
  return await Array.fromAsync(readServerSentEvents(sourceOf([encoder.encode(text)]).body, { maxBytes }));
}

Deno.test("readServerSentEvents() gives the data of each event, and passes over comments and other fields", async () => {
  const text = ': connected\n\nid: 1\ndata: {"seq":1}\n\nevent: x\nretry: 5\ndata:bare\n\ndata: \n\n:data: none\n\n';
  deepEqual(await read(text), ['{"seq":1}', "bare", ""]);
});

Deno.test("readServerSentEvents() takes CR LF as a line end", async () => {
  deepEqual(await read(": connected\r\n\r\nid: 1\r\ndata: one\r\n\r\ndata: two\r\n\r\n"), ["one", "two"]);
});

Deno.test("readServerSentEvents() drops a line that the stream does not finish", async () => {
  deepEqual(await read("data: one\n\ndata: tw"), ["one"]);
});

Deno.test("readServerSentEvents() ends at a line that is too long, finished or not, and keeps what came before", async () => {
  const long = `data: one\n\ndata: ${"x".repeat(50)}`;
  deepEqual(await read(`${long}\n\ndata: two\n\n`, 40), ["one"]);
  deepEqual(await read(`data: ${"x".repeat(34)}\n\n`, 40), ["x".repeat(34)]);
});

Deno.test("readServerSentEvents() gives the same wherever the chunks end", async () => {
  const text = ': é\r\n\r\nid: 1\r\ndata: {"text":"任务 🚀"}\r\n\ndata: two\n\ndata: three\n\n';
  const bytes = encoder.encode(text);
  const whole = await read(text);
  equal(whole.length, 3);
  const cuts = fc.array(fc.nat(bytes.length), { maxLength: 20 }).map((at) => [0, ...at.sort((a, b) => a - b)]);
  await fc.assert(
    fc.asyncProperty(cuts, async (starts) => {
      const chunks = starts.map((start, index) => bytes.slice(start, starts[index + 1]));
      const { body } = sourceOf(chunks);
      deepEqual(await Array.fromAsync(readServerSentEvents(body, { maxBytes: 1_000 })), whole);
    }),
    fuzz(200),
  );
});

Deno.test("readServerSentEvents() fails as its stream does, after what came before", async () => {
  const { body } = sourceOf([encoder.encode("data: one\n\ndata: two\n\n")], "fail");
  const found: string[] = [];
  const failed = (async () => {
    for await (const value of readServerSentEvents(body, { maxBytes: 1_000 })) found.push(value);
  })();
  equal(await failed.catch((error) => error.message), "reset");
  deepEqual(found, ["one", "two"]);
});

Deno.test("readServerSentEvents() cancels the stream when its reader leaves", async () => {
  const { body, cancelled } = sourceOf([encoder.encode("data: one\n\ndata: two\n\n")], "stay");
  for await (const _value of readServerSentEvents(body, { maxBytes: 1_000 })) break;
  equal(cancelled(), true);
});
