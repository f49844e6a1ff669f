/** A process on pipes that a test plays the inside of: it reads what was written to it and says what the test says. */

import type { PipedProcess } from "../../src/platform/platform.ts";
import type { ProcessExit } from "../../src/model/session.ts";
import { createLineSplitter } from "../../src/text/lines.ts";

export type Written = Readonly<Record<string, unknown>>;

export interface FakeRpcProcess {
  process: PipedProcess;
  /** One message on standard output. Resolves when whoever reads it has dealt with it and asks for more. */
  say(message: unknown): Promise<void>;
  sayBytes(bytes: Uint8Array): Promise<void>;
  sayOnStderr(text: string): void;
  /** The next message written to the process that `accept` takes; others stay. Rejects when the input ends first. */
  read(accept: (message: Written) => boolean): Promise<Written>;
  /** every message written to the process so far */
  written: readonly Written[];
  /** Resolves when the input was closed. */
  inputClosed: Promise<void>;
  /** Ends; both outputs stay open, as when a child process holds them. */
  exitEarly(exit: ProcessExit): void;
  /** Closes both outputs, then ends. */
  exit(exit: ProcessExit): void;
}

export function createFakeRpcProcess(): FakeRpcProcess {
  const encoder = new TextEncoder();
  const splitter = createLineSplitter();
  const written: Written[] = [];
  const unread: Written[] = [];
  const closed = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<ProcessExit>();
  let wake: (() => void)[] = [];
  let inputOver = false;

  function changed(): void {
    const waiting = wake;
    wake = [];
    for (const go of waiting) go();
  }

  function outlet(): {
    stream: ReadableStream<Uint8Array>;
    push: (bytes: Uint8Array) => Promise<void>;
    close: () => void;
  } {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    let open = true;
    let wanted = Promise.withResolvers<void>();
    const stream = new ReadableStream<Uint8Array>({
      start: (given) => void (controller = given),
      // Without a buffer, pull means that a read waits and nothing is left.
      pull: () => wanted.resolve(),
      cancel() {
        open = false;
        wanted.resolve();
      },
    }, { highWaterMark: 0 });
    return {
      stream,
      push(bytes) {
        if (!open) return Promise.resolve();
        wanted = Promise.withResolvers();
        controller?.enqueue(bytes);
        return wanted.promise;
      },
      close() {
        if (open) controller?.close();
        open = false;
        wanted.resolve();
      },
    };
  }

  const stdout = outlet();
  const stderr = outlet();
  const stdin = new WritableStream<Uint8Array>({
    write(chunk) {
      for (const line of splitter.push(chunk)) {
        if (line.kind !== "line") continue;
        const message = JSON.parse(line.text);
        written.push(message);
        unread.push(message);
      }
      changed();
    },
    close() {
      inputOver = true;
      closed.resolve();
      changed();
    },
  });

  return {
    process: {
      pid: 4242,
      stdin,
      stdout: stdout.stream,
      stderr: stderr.stream,
      exit: ended.promise,
      release: () => Promise.resolve(),
    },
    say: (message) => stdout.push(encoder.encode(JSON.stringify(message) + "\n")),
    sayBytes: stdout.push,
    sayOnStderr: (text) => stderr.push(encoder.encode(text)),
    async read(accept) {
      for (;;) {
        const at = unread.findIndex(accept);
        const [message] = at === -1 ? [] : unread.splice(at, 1);
        if (message !== undefined) return message;
        if (inputOver) throw new Error("the input ended before the expected message came");
        await new Promise<void>((resolve) => wake.push(resolve));
      }
    },
    written,
    inputClosed: closed.promise,
    exitEarly: ended.resolve,
    exit(exit) {
      stdout.close();
      stderr.close();
      ended.resolve(exit);
      inputOver = true;
      changed();
    },
  };
}
