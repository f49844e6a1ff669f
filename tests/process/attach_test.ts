/**
 * `harnex attach`: any terminal on a session in the background, and the terminal given back each time.
 */

import { harnexProgram } from "../support/cli.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import type { OuterTerminal } from "../support/outer_terminal.ts";
import { listMarked } from "../support/processes.ts";
import { linuxTest as test } from "../support/own_sessions.ts";
import type { Sessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

const DETACH = "\x1dd";

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
  // Ctrl-] twice is the key itself: it stands in the agent's box now, and a draft there holds messages up.
  await until(20_000, () => sessions.transcript("a").endsWith("> ^]") ? true : undefined, "the key in the box");
  equal((await sessions.ask(["send", "--id", "a", "--no-wait", "after"])).answer["status"], "queued");
  await using second = await attach(sessions);
  await second.output.until(/\^\]/);
  await second.type("\x7f");
  await second.output.until(/did: after/);
  equal(sessions.transcript("a").includes("\x1d"), false, "the draft was not sent with the message");
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

/** A shell that attaches in a terminal of its own: once, or again and again, with the terminal's settings after each. */
const ONCE = 'tty; stty sane; echo "before $(stty -g)"; "$@" >/dev/null; exec sleep 1000';
const AGAIN = ONCE.replace(/"\$@.*/, 'while :; do n=$((n + 1)); "$@" >/dev/null; echo "again $n $(stty -g)"; done');

async function settingsOf(device: string): Promise<string> {
  const { stdout } = await new Deno.Command("stty", { args: ["-F", device, "-g"] }).output();
  return new TextDecoder().decode(stdout).trim();
}

interface Desk extends AsyncDisposable {
  terminal: OuterTerminal;
  /** the terminal's settings before anything was attached */
  before: string;
  settings: () => Promise<string>;
  /** Resolves when keys go to the session. */
  attached: () => Promise<true>;
}

async function openDesk(sessions: Sessions, shell: string): Promise<Desk> {
  const terminal = await sessions.open(["sh", "-c", shell, "sh", ...harnexProgram(), "attach", "--id", "a"]);
  const [, device = ""] = await terminal.output.until(/(\/dev\/\S+)/);
  const [, before = ""] = await terminal.output.until(/before (\S+)/);
  const settings = () => settingsOf(device);
  return {
    terminal,
    before,
    settings,
    attached: () => until(30_000, async () => await settings() === before ? undefined : true, "raw keys"),
    [Symbol.asyncDispose]: () => terminal[Symbol.asyncDispose](),
  };
}

const ROUNDS = 100;
const DESKS = 4;
/** Ten blocks of 100 kB are printed in a fifth of a second. */
const BLOCKS = 500;

test("attaching and detaching 100 times under 5 MB/s loses nothing, and gives the terminal back", async (sessions) => {
  await sessions.start("a", ["drip", String(BLOCKS)]);
  let rounds = 0;
  await Promise.all(Array.from({ length: DESKS }, async () => {
    await using desk = await openDesk(sessions, AGAIN);
    for (let own = 1; rounds < ROUNDS; own++) {
      rounds++;
      await desk.attached();
      await desk.terminal.type(DETACH);
      const [, after] = await desk.terminal.output.until(new RegExp(`again ${own} (\\S+)`), 60_000);
      equal(after, desk.before);
    }
  }));
  const during = sessions.transcript("a").match(/^block /gm)?.length ?? 0;
  const idle = ["wait", "--id", "a", "--until", "prompt", "--timeout", "120"];
  equal((await sessions.ask(idle, { timeoutMs: 130_000 })).code, 0);
  const numbers = [...sessions.transcript("a").matchAll(/^block (\d+)\.\r$/gm)].map((found) => Number(found[1]));
  deepEqual(numbers, Array.from({ length: BLOCKS }, (_, index) => index + 1));
  equal(sessions.transcript("a").match(/0{98}7\r$/gm)?.length, BLOCKS * 999);
  console.log(`${rounds} times, while ${during} of ${BLOCKS} blocks were printed`);
});

test("a terminal is given back when its attach is killed with -9, and the session goes on", async (sessions) => {
  await sessions.startReady("a", ["repl"]);
  await using desk = await openDesk(sessions, ONCE);
  await desk.attached();
  const clients = listMarked(`HARNEX_STATE_DIR=${sessions.sandbox.stateDir}`).filter(({ argv }) =>
    argv.includes("attach") && argv[0] !== "sh"
  );
  equal(clients.length, 1);
  for (const { pid } of clients) Deno.kill(pid, "SIGKILL");
  await until(20_000, async () => await desk.settings() === desk.before ? true : undefined, "the terminal's settings");
  equal((await sessions.ask(["send", "--id", "a", "still here"])).answer["status"], "delivered");
});

/** The code in the close frame that ends a stream of a server's WebSocket frames; undefined when there is none. */
async function closeCodeIn(stream: ReadableStream<Uint8Array>): Promise<number | undefined> {
  let rest = new Uint8Array();
  let skip = 0;
  let isHead = true;
  for await (const chunk of stream) {
    const bytes = new Uint8Array([...rest, ...chunk.subarray(Math.min(skip, chunk.length))]);
    skip = Math.max(0, skip - chunk.length);
    let at = 0;
    if (isHead) {
      at = new TextDecoder("latin1").decode(bytes).indexOf("\r\n\r\n") + 4;
      isHead = at < 4;
    }
    while (!isHead && skip === 0 && bytes.length - at >= 10) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at);
      const short = view.getUint8(1);
      if ((view.getUint8(0) & 0xf) === 8) return view.getUint16(2);
      const [head, length] = short < 126
        ? [2, short]
        : short === 126
        ? [4, view.getUint16(2)]
        : [10, Number(view.getBigUint64(2))];
      at += head + length;
      skip = Math.max(0, at - bytes.length);
    }
    rest = bytes.slice(Math.min(at, bytes.length));
  }
  return undefined;
}

const LINES = 300_000;

test("a viewer that does not read is let go with 1013, and the agent does not wait for it", async (sessions) => {
  const session = await sessions.start("a", ["flood", String(LINES)]);
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
  const idle = ["wait", "--id", "a", "--until", "prompt", "--timeout", "60"];
  equal((await sessions.ask(idle, { timeoutMs: 70_000 })).code, 0);
  equal(sessions.transcript("a").match(/^0{99}7\r$/gm)?.length, LINES);
  // Only now does it read what was sent before the session gave it up.
  equal(await within(20_000, closeCodeIn(connection.readable), "the close frame"), 1013);
});
