/**
 * Connects this terminal to a session in the background: its screen here, keys there, until the person detaches or the
 * session ends. The terminal is restored in every case.
 */

import { HarnexError } from "../model/errors.ts";
import { ENDING_SIGNALS, type LocalTerminal, type Socket } from "../platform/platform.ts";
import { createDeadline, settledWithin } from "../platform/waiting.ts";
import { addressOf, baseOf, createSessionClient } from "./session_client.ts";
import type { FoundSession, Store } from "./store.ts";

const CONNECT_MS = 5_000;
/** What was typed just before detaching is on its way until the session has closed its side too, which may hang. */
const CLOSE_MS = 5_000;
/** Ctrl-], and the key after it that detaches. */
const PREFIX = 0x1d;
const DETACH = "d".charCodeAt(0);
/** WebSocket close codes: the session has ended; this viewer reads too slowly. */
const ENDED = 1000;
const TRY_LATER = 1013;
/** Switches off what an agent may have switched on: alternate screen, mouse, pastes, keyboard protocol, colours. */
const RESET = "\x1b[?1l\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?2031l\x1b[<u" +
  "\x1b[?1049l\x1b[r\x1b[0m\x1b[?25h\r\n";

/** Gives the line to show to the person afterwards. */
export async function attachTerminal(store: Store, session: FoundSession, mode: "read" | "write"): Promise<string> {
  const { terminal } = store.platform;
  const { id } = session.record;
  const socket = await open(store, session, mode);
  const leaving = new AbortController();
  let detached = false;
  {
    using raw = await terminal.enterRaw();
    const guard = raw.guard && terminal.guard(raw.guard);
    using _reset = { [Symbol.dispose]: () => void terminal.writeOut(new TextEncoder().encode(RESET)) };
    using _signals = terminal.onSignal(ENDING_SIGNALS, () => socket.close(ENDED, ""));
    using _resize = terminal.onSignal(["SIGWINCH"], () => sendSize(socket, terminal));
    const typed = passKeys(socket, { terminal, mode, signal: leaving.signal }).then((how) => {
      if (how === "input ended") return;
      detached = true;
      socket.close(ENDED, "");
    });
    for await (const frame of socket.frames) {
      if (typeof frame !== "string" && !terminal.writeOut(frame)) socket.close(ENDED, "");
    }
    leaving.abort();
    await typed;
    await guard?.release();
  }
  if (detached) await settledWithin(socket.closed, { clock: store.platform.clock, ms: CLOSE_MS });
  if (detached) return `detached from ${id}, which goes on; attach again with: harnex attach --id ${id}`;
  const { code, reason } = await socket.closed;
  if (code === TRY_LATER) {
    throw new HarnexError("failed", `${id} has disconnected this terminal: ${reason}; attach again`);
  }
  if (code !== ENDED) throw new HarnexError("failed", `the connection to ${id} was lost`);
  return reason === "" ? `left ${id}, which goes on` : `${reason}: ${id}`;
}

async function open(store: Store, { record }: FoundSession, mode: "read" | "write"): Promise<Socket> {
  const address = addressOf(record);
  const size = store.platform.terminal.size();
  const query = new URLSearchParams({
    mode,
    ...(size === undefined ? {} : { rows: String(size.rows), columns: String(size.columns) }),
  });
  using deadline = createDeadline(store.platform, CONNECT_MS);
  // A refused WebSocket gives no reason. An agent without a terminal has no screen either, and this request says so.
  await createSessionClient(address).text("/screen?format=text", deadline.signal);
  return await store.platform.connect(`${baseOf(address).replace(/^http/, "ws")}/attach?${query}`, {
    authorization: `Bearer ${address.token}`,
    signal: deadline.signal,
  });
}

function sendSize(socket: Socket, terminal: LocalTerminal): void {
  const size = terminal.size();
  if (size !== undefined) socket.send(JSON.stringify(size));
}

/** Sends keys to the agent until the person detaches, the input ends, or `signal` is aborted. */
async function passKeys(
  socket: Socket,
  { terminal, mode, signal }: { terminal: LocalTerminal; mode: "read" | "write"; signal: AbortSignal },
): Promise<"detached" | "input ended"> {
  let escaped = false;
  for await (const bytes of terminal.input(signal)) {
    const kept: number[] = [];
    for (const byte of bytes) {
      if (escaped && byte === DETACH) {
        if (mode === "write" && kept.length > 0) socket.send(Uint8Array.from(kept));
        return "detached";
      }
      // The prefix typed twice is the key itself; before any other key both go to the agent.
      if (escaped) kept.push(...(byte === PREFIX ? [PREFIX] : [PREFIX, byte]));
      else if (byte !== PREFIX) kept.push(byte);
      escaped = !escaped && byte === PREFIX;
    }
    if (mode === "write" && kept.length > 0) socket.send(Uint8Array.from(kept));
  }
  return "input ended";
}
