/**
 * The terminal that harnex was started in: raw keys, size, OS signals, and output that survives a closed pipe.
 */

import type { LocalTerminal, RawMode } from "./platform.ts";
import { run } from "./process.ts";
import { isHungUp, writeErr, writeOut } from "./standard_streams.ts";
import { guardTerminal } from "./watchdog.ts";

export function createTerminal(): LocalTerminal {
  return {
    stdinIsTerminal: Deno.stdin.isTerminal(),
    stdoutIsTerminal: Deno.stdout.isTerminal(),
    stderrIsTerminal: Deno.stderr.isTerminal(),
    size,
    isForeground,
    guard: guardTerminal,
    enterRaw,
    input,
    onSignal(signals, callback) {
      const listeners = signals.map((signal) => ({ signal, listener: () => callback(signal) }));
      for (const { signal, listener } of listeners) Deno.addSignalListener(signal, listener);
      return {
        [Symbol.dispose]() {
          for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
        },
      };
    },
    writeOut,
    writeErr,
  };
}

function size(): { rows: number; columns: number } | undefined {
  try {
    const { rows, columns } = Deno.consoleSize();
    return rows > 0 && columns > 0 ? { rows, columns } : undefined;
  } catch {
    return undefined; // no terminal
  }
}

function isForeground(): boolean {
  if (Deno.build.os !== "linux") return true; // only another program could tell
  const stat = Deno.readTextFileSync("/proc/self/stat");
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return group === foreground;
}

async function enterRaw(): Promise<RawMode> {
  if (!Deno.stdin.isTerminal()) return { guard: undefined, [Symbol.dispose]() {} };
  const guard = await terminalState();
  Deno.stdin.setRaw(true);
  // In the raw mode of Deno 2.7.11, LF still becomes CR LF. The agent's own terminal has done that already.
  if (guard !== undefined) await run([...stty(guard.path), "-opost"]);
  return { guard, [Symbol.dispose]: leaveRaw };
}

function leaveRaw(): void {
  try {
    Deno.stdin.setRaw(false);
  } catch {
    // the terminal is gone, because its window was closed: nothing is left to restore
  }
}

/** Device path and `stty -g` string of standard input; undefined when they cannot be read. */
async function terminalState(): Promise<{ path: string; saved: string } | undefined> {
  try {
    const path = Deno.build.os === "linux" ? await Deno.readLink("/proc/self/fd/0") : "/dev/tty";
    const { code, stdout } = await run([...stty(path), "-g"]);
    const saved = stdout.trim();
    return code === 0 && /^[0-9a-zA-Z:=]+$/.test(saved) ? { path, saved } : undefined;
  } catch {
    return undefined; // the watchdog then does not restore the terminal
  }
}

function stty(path: string): readonly string[] {
  return ["stty", Deno.build.os === "linux" ? "-F" : "-f", path];
}

async function* input(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = Deno.stdin.readable.getReader();
  const stop = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    while (!signal.aborted) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (!isHungUp(error)) throw error; // a closed terminal is the end of the input
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
