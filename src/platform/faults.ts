/**
 * Faults on demand, for tests: a disk that fails, or a host that dies, at one exact file operation. A host does this
 * when HARNEX_FAULT in its launch environment asks for it, and its agent never sees that variable.
 */

import { HarnexError } from "../model/errors.ts";
import type { Files } from "./platform.ts";

export const FAULT_VARIABLE = "HARNEX_FAULT";

const OPERATIONS = ["append", "restart", "replace", "remove"] as const;
const DEATHS = ["kill-before", "kill-half", "kill-after"] as const;
const FAILURES = ["ENOSPC", "EROFS", "EIO"] as const;
/** As Deno spells them. */
const ERRORS: Readonly<Record<typeof FAILURES[number], string>> = {
  ENOSPC: "No space left on device (os error 28)",
  EROFS: "Read-only file system (os error 30)",
  EIO: "Input/output error (os error 5)",
};

interface Fault {
  operation: typeof OPERATIONS[number];
  /** undefined: each time */
  nth: number | undefined;
  path: string;
  what: typeof DEATHS[number] | typeof FAILURES[number];
}

/**
 * `OPERATION NTH PATH WHAT`, several separated by `;`. The NTH time (or `*`: each time) that OPERATION (`append`,
 * `restart`, `replace`, `remove`) is done to a path that contains PATH:
 * - `kill-before`, `kill-after`: the process kills itself, as `kill -9` would, with the operation not yet done, or done;
 * - `kill-half`: the same with half of an append's bytes written;
 * - `ENOSPC`, `EROFS`, `EIO`: the operation fails with the system's error, and nothing is written.
 *
 * Gives files that fail as `text` says; `files` itself when it says nothing.
 */
export function withFaults(files: Files, text: string | undefined): Files {
  if (text === undefined || text === "") return files;
  const faults = text.split(";").map((one) => ({ ...parseFault(one.trim()), seen: 0 }));

  /** What is to happen around this operation. Fails, or does not return, when it is not to be done. */
  function begin(operation: Fault["operation"], path: string, half: () => void): { end: () => void } {
    const due = faults.filter((fault) => fault.operation === operation && path.includes(fault.path))
      .filter((fault) => ++fault.seen === fault.nth || fault.nth === undefined).map(({ what }) => what);
    for (const what of due) {
      if (what === "kill-half") half();
      if (what === "kill-before" || what === "kill-half") die();
      if (what !== "kill-after") throw Object.assign(new Error(ERRORS[what]), { code: what });
    }
    return { end: () => due.includes("kill-after") ? die() : undefined };
  }

  const nothing = () => {};
  return {
    ...files,
    async replace(path, content) {
      const step = begin("replace", path, nothing);
      await files.replace(path, content);
      step.end();
    },
    async remove(path) {
      const step = begin("remove", path, nothing);
      const removed = await files.remove(path);
      step.end();
      return removed;
    },
    async openAppend(path) {
      const file = await files.openAppend(path);
      return {
        append(bytes) {
          const step = begin("append", path, () => file.append(bytes.subarray(0, bytes.length >> 1)));
          file.append(bytes);
          step.end();
        },
        restart(bytes) {
          const step = begin("restart", path, nothing);
          file.restart(bytes);
          step.end();
        },
        sync: () => file.sync(),
        [Symbol.dispose]: () => file[Symbol.dispose](),
      };
    },
  };
}

function parseFault(text: string): Fault {
  const [operation, nth, path, what, ...more] = text.split(/\s+/);
  const known = OPERATIONS.find((one) => one === operation);
  const result = [...DEATHS, ...FAILURES].find((one) => one === what);
  if (known === undefined || result === undefined || path === undefined || more.length > 0) throw misspelt(text);
  if (nth !== "*" && !/^[1-9]\d*$/.test(nth ?? "")) throw misspelt(text);
  return { operation: known, nth: nth === "*" ? undefined : Number(nth), path, what: result };
}

function misspelt(text: string): HarnexError {
  return new HarnexError("usage", `${FAULT_VARIABLE}: "${text}" is not OPERATION NTH PATH WHAT`);
}

/** Ends this process at once, with nothing cleaned up. */
function die(): never {
  Deno.kill(Deno.pid, "SIGKILL");
  for (;;); // the signal is on its way
}
