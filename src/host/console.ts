/**
 * The person's terminal while a session runs in the foreground or in a tmux window: raw keys in, bytes out, size
 * and OS signals passed on. The terminal is restored whatever happens.
 */

import { ENDING_SIGNALS, type LocalTerminal, type OsSignal, type Platform } from "../platform/platform.ts";
import type { AgentTerminal } from "../transports/agent_process.ts";
import type { TerminalSize } from "../transports/terminal/screen.ts";

/** The size that an agent gets when there is no terminal to copy it from. */
export const DEFAULT_SIZE: TerminalSize = { rows: 40, columns: 120 };

/** The person's terminal, raw, until disposed. */
export interface TakenTerminal extends Disposable {
  size: TerminalSize;
  /** what the watchdog needs to restore the terminal */
  guard: { path: string; saved: string } | undefined;
}

export async function takeTerminal(terminal: LocalTerminal): Promise<TakenTerminal> {
  const raw = await terminal.enterRaw();
  return { size: terminal.size() ?? DEFAULT_SIZE, guard: raw.guard, [Symbol.dispose]: () => raw[Symbol.dispose]() };
}

/** What a person sees of the agent. */
export interface Display {
  show(bytes: Uint8Array): void;
  /** Shows what the agent printed so far. Called after the line that says where the session is. */
  begin(): void;
}

export function createDisplay(terminal: LocalTerminal, how: "shown" | "hidden"): Display {
  let early: Uint8Array[] | undefined = [];
  const write = (bytes: Uint8Array) => void (how === "shown" && terminal.writeOut(bytes));
  return {
    show(bytes) {
      if (early === undefined) write(bytes);
      else early.push(bytes);
    },
    begin() {
      early?.forEach(write);
      early = undefined;
    },
  };
}

/** The OS signals that the host gets. */
export interface CaughtSignals extends Disposable {
  /** the first that no receiver has taken yet */
  waiting(): OsSignal | undefined;
  /** Hands over the signals that wait, and from then on each new one at once. */
  handTo(take: (signal: OsSignal) => void): void;
}

/**
 * From here on an OS signal does not end the host where it stands: it waits for a receiver. While one waits, a second
 * one ends the host all the same.
 * A caught signal has its default effect in the programs that the host starts, even when the host was started with
 * the signal ignored, as by nohup or by `harnex run … &` in a script: an agent must stay interruptible.
 */
export function catchSignals({ terminal, processes, system }: Platform): CaughtSignals {
  const early: OsSignal[] = [];
  let take: ((signal: OsSignal) => void) | undefined;
  const listening = terminal.onSignal(ENDING_SIGNALS, (signal) => take === undefined ? keep(signal) : take(signal));

  function keep(signal: OsSignal): void {
    if (early.push(signal) === 1) return;
    listening[Symbol.dispose]();
    void processes.find(system.pid).then((self) => self && processes.signal(self, signal));
  }

  return {
    waiting: () => early[0],
    handTo(taker) {
      take = taker;
      early.splice(0).forEach(taker);
    },
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}

/** The agent that a person's terminal is joined to. */
export interface JoinedAgent {
  pid: number;
  terminal: Pick<AgentTerminal, "resize">;
  /** takes a person's keys */
  type: (bytes: Uint8Array) => Promise<void>;
  /** the host's own OS signals, which are passed on to the agent */
  signals: CaughtSignals;
}

/**
 * Joins the terminal to the agent until `signal` is aborted. Keys pass untouched; the end of a piped standard
 * input does not end the session; OS signals sent to the host reach the agent.
 */
export async function joinConsole(platform: Platform, agent: JoinedAgent, signal: AbortSignal): Promise<void> {
  const { terminal, processes } = platform;
  const found = processes.find(agent.pid);
  agent.signals.handTo((sent) => void found.then((process) => process && processes.signal(process, sent)));
  const passSize = () => {
    const size = terminal.size();
    if (size !== undefined) void agent.terminal.resize(size);
  };
  using _resize = terminal.onSignal(["SIGWINCH"], passSize);
  passSize(); // the size may have changed since the agent was started
  for await (const bytes of terminal.input(signal)) await agent.type(bytes);
  await aborted(signal);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
