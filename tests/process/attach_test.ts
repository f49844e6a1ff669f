/**
 * `harnex attach`: any terminal on a session in the background, and the terminal given back each time.
 */

import { harnexProgram } from "../support/cli.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import type { OuterTerminal } from "../support/outer_terminal.ts";
import { createSessions, type LiveRecord, type Sessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

const ignore = Deno.build.os !== "linux";
const DETACH = "\x1dd";

function test(name: string, fn: (sessions: Sessions) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using sessions = createSessions();
      await fn(sessions);
    },
  });
}

function attach(sessions: Sessions, ...words: string[]): Promise<OuterTerminal> {
  return sessions.open([...harnexProgram(), "attach", "--id", "a", ...words]);
}

test("attach shows the screen as it is, then live, passes keys, and leaves the agent running", async (sessions) => {
  await sessions.startReady("a", ["repl"]);
  equal((await sessions.ask(["send", "--id", "a", "--wait-for-idle", "before"])).code, 0);
  await using terminal = await attach(sessions);
  await terminal.output.until(/did: before/);
  await terminal.type("typed here\r");
  await terminal.output.until(/did: typed here/);
  await terminal.type("size\r");
  await terminal.output.until(/30 100/);
  await terminal.resize(41, 133);
  // The agent tells the size that it has when it is asked; the new one may be on its way.
  await until(20_000, async () => {
    const { rows, columns } = await (await sessions.call(sessions.record("a"), "/screen")).json();
    return rows === 41 && columns === 133 ? true : undefined;
  }, "the new size");
  await terminal.type(`\x1d\x1d${DETACH}`);
  equal((await within(20_000, terminal.exit)).code, 0);
  match(terminal.output.text, /harnex attach: detached from a, which goes on/);
  const { answer } = await sessions.ask(["send", "--id", "a", "--timeout", "20", "after"]);
  // The Ctrl-] that was typed twice went into the agent's box once, where a draft holds messages up.
  ok(answer["status"] === "queued" || answer["status"] === "timeout" || answer["status"] === "delivered", "");
});

test("attach --read-only shows everything and lets no key through; several may look at once", async (sessions) => {
  await sessions.startReady("a", ["repl"]);
  await using looker = await attach(sessions, "--read-only");
  await using typist = await attach(sessions);
  await looker.output.until(/>/);
  await typist.output.until(/>/);
  await looker.type("never\r");
  await typist.type("both see this\r");
  await looker.output.until(/did: both see this/);
  await typist.output.until(/did: both see this/);
  ok(!sessions.transcript("a").includes("never"));
  await looker.type(DETACH);
  equal((await within(20_000, looker.exit)).code, 0);
  await typist.type("quit 0\r");
  equal((await within(20_000, typist.exit)).code, 0);
  match(typist.output.text, /the session has ended: a/);
});

test("attach says what cannot be attached to", async (sessions) => {
  const { code, stderr } = await sessions.run(["attach", "--id", "nobody"]);
  equal(code, 1);
  match(stderr, /no active session "nobody"/);
});

/** Looks on over the bare API, until the first frame has come. */
async function glance(session: LiveRecord): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${session.port}/attach?mode=read`, {
    headers: { authorization: `Bearer ${session.token}` },
  });
  const seen = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  socket.onmessage = () => seen.resolve();
  socket.onerror = () => seen.reject(new Error("the connection broke"));
  socket.onclose = () => closed.resolve();
  await within(20_000, seen.promise, "the screen");
  socket.close();
  await within(20_000, closed.promise, "the close");
}

async function settingsOf(device: string): Promise<string> {
  const { stdout } = await new Deno.Command("stty", { args: ["-F", device, "-g"] }).output();
  return new TextDecoder().decode(stdout).trim();
}

test("attaching and detaching 100 times under 5 MB/s loses nothing, and gives the terminal back", async (sessions) => {
  const [blocks, terminals, others] = [1_000, 5, 95];
  const session = await sessions.start("a", ["drip", String(blocks)]);
  const script = 'tty; stty sane; echo "before $(stty -g)"; ' +
    'for n in 1 2 3 4 5; do "$@" >/dev/null; echo "again $n $(stty -g)"; done; cat';
  await using terminal = await sessions.open(["sh", "-c", script, "sh", ...harnexProgram(), "attach", "--id", "a"]);
  const [, device = ""] = await terminal.output.until(/(\/dev\/\S+)/);
  const [, before = ""] = await terminal.output.until(/before (\S+)/);
  for (let round = 1; round <= terminals; round++) {
    await until(30_000, async () => await settingsOf(device) === before ? undefined : true, "raw keys");
    for (let count = 0; count < others / terminals; count++) await glance(session);
    await terminal.type(DETACH);
    const [, after] = await terminal.output.until(new RegExp(`again ${round} (\\S+)`), 60_000);
    equal(after, before);
  }
  const idle = await sessions.ask(["wait", "--id", "a", "--until", "prompt", "--timeout", "120"], {
    timeoutMs: 130_000,
  });
  equal(idle.code, 0);
  const numbers = [...sessions.transcript("a").matchAll(/^block (\d+)\.\r$/gm)].map((found) => Number(found[1]));
  deepEqual(numbers, Array.from({ length: blocks }, (_, index) => index + 1));
  equal(sessions.transcript("a").match(/0{98}7\r$/gm)?.length, blocks * 999);
});

test("a viewer that does not read is let go, and the agent does not wait for it", async (sessions) => {
  const session = await sessions.start("a", ["flood", "1000000"]);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: session.port });
  const request = [
    "GET /attach?mode=read HTTP/1.1",
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Authorization: Bearer ${session.token}`,
  ];
  await connection.write(new TextEncoder().encode(`${request.join("\r\n")}\r\n\r\n`));
  try {
    equal(
      (await sessions.ask(["wait", "--id", "a", "--until", "prompt", "--timeout", "60"], { timeoutMs: 70_000 })).code,
      0,
    );
    equal(sessions.transcript("a").match(/^0{99}7\r$/gm)?.length, 1_000_000);
  } finally {
    connection.close();
  }
});
