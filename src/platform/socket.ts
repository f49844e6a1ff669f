/**
 * A WebSocket as a sequence of frames, for both sides.
 */

import { HarnexError } from "../model/errors.ts";
import type { Socket } from "./platform.ts";

/** Frames that may wait to be read; a peer that sends more is disconnected. */
const WAITING_LIMIT = 10_000;
const OVERRUN = 1009;

export function createSocket(socket: WebSocket): Socket {
  socket.binaryType = "arraybuffer";
  const waiting: (string | Uint8Array)[] = [];
  let isOver = false;
  let wake = () => {};
  const closing = Promise.withResolvers<{ code: number; reason: string }>();
  const over = () => {
    isOver = true;
    wake();
  };
  socket.onmessage = ({ data: frame }) => {
    if (typeof frame === "string") waiting.push(frame);
    else if (frame instanceof ArrayBuffer) waiting.push(new Uint8Array(frame));
    if (waiting.length > WAITING_LIMIT) socket.close(OVERRUN, "overrun");
    wake();
  };
  socket.onclose = ({ code, reason }) => {
    closing.resolve({ code, reason });
    over();
  };
  // A broken connection ends the frames; `closed` follows.
  socket.onerror = over;

  async function* read(): AsyncGenerator<string | Uint8Array> {
    for (;;) {
      const frame = waiting.shift();
      if (frame !== undefined) yield frame;
      else if (isOver) return;
      else {
        await new Promise<void>((resolve) => wake = resolve);
        wake = () => {};
      }
    }
  }

  const queued: (string | Uint8Array<ArrayBuffer>)[] = [];
  socket.addEventListener("open", () => {
    for (const frame of queued.splice(0)) socket.send(frame);
  });
  return {
    frames: { [Symbol.asyncIterator]: read },
    send(frame) {
      const own = typeof frame === "string" ? frame : new Uint8Array(frame);
      if (socket.readyState === WebSocket.OPEN) socket.send(own);
      else if (socket.readyState === WebSocket.CONNECTING) queued.push(own);
    },
    backlog: () => socket.bufferedAmount + queued.reduce((size, frame) => size + frame.length, 0),
    close(code, reason) {
      waiting.length = 0;
      over();
      if (socket.readyState === WebSocket.OPEN || socket.readyState === WebSocket.CONNECTING) {
        socket.close(code, reason);
      }
    },
    closed: closing.promise,
  };
}

export function connectSocket(
  url: string,
  { authorization, signal }: { authorization: string; signal: AbortSignal },
): Promise<Socket> {
  const socket = new WebSocket(url, { headers: { authorization } });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const fail = () => {
    socket.close();
    reject(new HarnexError("unavailable", `${url.replace(/\?.*/, "")} refused the connection`));
  };
  signal.addEventListener("abort", fail, { once: true });
  const opened = createSocket(socket);
  socket.addEventListener("open", () => resolve(opened));
  socket.addEventListener("error", fail);
  return promise.finally(() => signal.removeEventListener("abort", fail));
}
