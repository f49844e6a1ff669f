import * as assert from "../support/assert.ts";
import { createRpcPeer, parseMessage, RpcError, type RpcPeer } from "../../src/wire/json_rpc.ts";
import { createFakeRpcProcess, type FakeRpcProcess } from "../support/fake_rpc_process.ts";
import { createFakeClock, type FakeClock } from "../support/fake_clock.ts";

const encoder = new TextEncoder();

interface Peered {
  fake: FakeRpcProcess;
  clock: FakeClock;
  peer: RpcPeer;
  heard: unknown[];
}

function connect(): Peered {
  const fake = createFakeRpcProcess();
  const clock = createFakeClock();
  const heard: unknown[] = [];
  const peer = createRpcPeer({
    readable: fake.process.stdout,
    writable: fake.process.stdin,
    clock,
    deadlineMs: 1000,
  });
  peer.listen({
    onNotification: (note) => void heard.push({ note }),
    onRequest: (request) => void heard.push({ request }),
    onMalformed: (problem, excerpt) => void heard.push({ problem, excerpt }),
  });
  return { fake, clock, peer, heard };
}

async function failure(promise: Promise<unknown>): Promise<RpcError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RpcError) return error;
    throw error;
  }
  return assert.fail("it should have failed");
}

Deno.test("parseMessage() distinguishes calls and replies by `method`, and takes 0 as an id", () => {
  assert.deepEqual(parseMessage('{"id":0,"method":"a","params":{"b":1}}'), {
    kind: "request",
    request: { id: 0, method: "a", params: { b: 1 } },
  });
  assert.deepEqual(parseMessage('{"method":"a"}'), { kind: "notification", note: { method: "a", params: undefined } });
  assert.deepEqual(parseMessage('{"id":0,"result":null}'), { kind: "result", id: 0, result: null });
  assert.deepEqual(parseMessage('{"id":1,"error":{"code":-3,"message":"no"}}'), {
    kind: "error",
    id: 1,
    code: -3,
    message: "no",
  });
});

Deno.test("parseMessage() calls everything else malformed", () => {
  for (const text of ["", "nonsense", "[]", "null", "7", "{}", '{"id":1}', '{"id":null,"result":1}', '{"method":7}']) {
    assert.equal(parseMessage(text).kind, "malformed", text);
  }
});

Deno.test("RpcPeer.request() gives the result of its own reply, in whatever order replies come", async () => {
  const { fake, peer } = connect();
  const first = peer.request({ method: "first" });
  const second = peer.request({ method: "second", params: { x: 1 } });
  const sentFirst = await fake.read(({ method }) => method === "first");
  const sentSecond = await fake.read(({ method }) => method === "second");
  assert.deepEqual(sentSecond, { jsonrpc: "2.0", id: sentSecond.id, method: "second", params: { x: 1 } });
  await fake.say({ id: sentSecond.id, result: "two" });
  await fake.say({ id: sentFirst.id, error: { code: -32600, message: "one" } });
  assert.equal(await second, "two");
  const error = await failure(first);
  assert.deepEqual([error.kind, error.code, error.message], ["rejected", -32600, "one"]);
  fake.exit({ code: 0 });
  await peer.closed;
});

Deno.test("RpcPeer hands over calls in the order of the wire, and does not mix the ids of the two sides", async () => {
  const { fake, peer, heard } = connect();
  const reply = peer.request({ method: "mine" });
  const { id } = await fake.read(({ method }) => method === "mine");
  await fake.say({ method: "note", params: { n: 1 }, emittedAtMs: 5 });
  await fake.say({ id, method: "theirs", params: {} });
  await fake.say({ id, result: "ours" });
  assert.equal(await reply, "ours");
  await peer.reply(0, { result: { decision: "accept" } });
  assert.deepEqual(await fake.read((sent) => sent.id === 0), {
    jsonrpc: "2.0",
    id: 0,
    result: { decision: "accept" },
  });
  assert.deepEqual(heard, [
    { note: { method: "note", params: { n: 1 } } },
    { request: { id, method: "theirs", params: {} } },
  ]);
  fake.exit({ code: 0 });
  await peer.closed;
});

Deno.test("RpcPeer.request() fails at its deadline; a reply after that harms nothing", async () => {
  const { fake, clock, peer, heard } = connect();
  const reply = failure(peer.request({ method: "slow" }, { deadlineMs: 50 }));
  const { id } = await fake.read(({ method }) => method === "slow");
  await clock.advance(50);
  assert.equal((await reply).kind, "deadline");
  await fake.say({ id, result: 1 });
  assert.deepEqual(heard, []);
  fake.exit({ code: 0 });
  await peer.closed;
});

Deno.test("RpcPeer.request() waits as long as it takes when it has no deadline", async () => {
  const { fake, clock, peer } = connect();
  const reply = peer.request({ method: "long" }, { deadlineMs: "none" });
  const { id } = await fake.read(({ method }) => method === "long");
  await clock.advance(24 * 60 * 60_000);
  await fake.say({ id, result: "done" });
  assert.equal(await reply, "done");
  fake.exit({ code: 0 });
  await peer.closed;
});

Deno.test("RpcPeer that was abandoned before it listened is closed, and what is pending is rejected", async () => {
  const fake = createFakeRpcProcess();
  const { stdout: readable, stdin: writable } = fake.process;
  const peer = createRpcPeer({ readable, writable, clock: createFakeClock(), deadlineMs: 1000 });
  const pending = failure(peer.request({ method: "pending" }));
  await peer.abandon();
  await peer.closed;
  assert.equal((await pending).kind, "closed");
});

Deno.test("RpcPeer.request() fails when it is given up, before or after it was sent", async () => {
  const { fake, peer } = connect();
  const controller = new AbortController();
  const reply = failure(peer.request({ method: "given-up" }, { signal: controller.signal }));
  await fake.read(({ method }) => method === "given-up");
  controller.abort();
  assert.equal((await reply).kind, "aborted");
  assert.equal((await failure(peer.request({ method: "never" }, { signal: controller.signal }))).kind, "aborted");
  fake.exit({ code: 0 });
  await peer.closed;
});

Deno.test("RpcPeer rejects what is pending when the stream ends, and everything after that", async () => {
  const { fake, peer } = connect();
  const pending = failure(peer.request({ method: "pending" }));
  await fake.read(({ method }) => method === "pending");
  fake.exit({ code: 1 });
  await peer.closed;
  assert.equal((await pending).kind, "closed");
  assert.equal((await failure(peer.request({ method: "late" }))).kind, "closed");
});

Deno.test("RpcPeer reports lines that are not messages, and reads on", async () => {
  const { fake, peer, heard } = connect();
  await fake.sayBytes(encoder.encode(`WARNING: hello\n{"torn":\n\n{"id":1}\n`));
  await fake.say({ method: "note" });
  assert.deepEqual(heard, [
    { problem: "not JSON", excerpt: "WARNING: hello" },
    { problem: "not JSON", excerpt: '{"torn":' },
    { problem: "a reply without a result", excerpt: '{"id":1}' },
    { note: { method: "note", params: undefined } },
  ]);
  fake.exit({ code: 0 });
  await peer.closed;
});

Deno.test("RpcPeer.request() limits the number of pending requests", async () => {
  const { fake, peer } = connect();
  const waiting = Array.from({ length: 256 }, () => failure(peer.request({ method: "flood" })));
  assert.equal((await failure(peer.request({ method: "one too many" }))).kind, "overloaded");
  fake.exit({ code: 0 });
  await peer.closed;
  assert.deepEqual([...new Set((await Promise.all(waiting)).map(({ kind }) => kind))], ["closed"]);
});
