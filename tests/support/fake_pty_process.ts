/** A process in a pseudo-terminal that a test plays the inside of: it sees what is typed and prints what the test says. */

import type { PtyProcess } from "../../src/platform/platform.ts";
import type { ProcessExit } from "../../src/model/session.ts";

export interface FakePtyProcess {
  process: PtyProcess;
  /** every write so far */
  typed: readonly string[];
  print(text: string): void;
  /** Ends the process; its output stays open, as when a child process holds it. */
  exitEarly(exit: ProcessExit): void;
  /** Ends the output, then the process. */
  exit(exit: ProcessExit): void;
}

/** `onType` is called after each write. */
export function createFakePtyProcess(onType: (text: string) => void = () => {}): FakePtyProcess {
  const output = new TransformStream<Uint8Array>(undefined, undefined, { highWaterMark: 1_000 });
  const printed = output.writable.getWriter();
  const typed: string[] = [];
  const exit = Promise.withResolvers<ProcessExit>();
  return {
    process: {
      pid: 4711,
      exit: exit.promise,
      output: output.readable,
      write(bytes) {
        const text = new TextDecoder().decode(bytes);
        typed.push(text);
        onType(text);
        return Promise.resolve();
      },
      resize: () => Promise.resolve(),
      release: () => Promise.resolve(),
    },
    typed,
    print: (text) => void printed.write(new TextEncoder().encode(text)),
    exitEarly: exit.resolve,
    exit(ended) {
      void printed.close();
      exit.resolve(ended);
    },
  };
}
