/**
 * The person's terminal while a session runs in the foreground or in a tmux window: raw keys in, bytes out, size
 * and signals passed on. The terminal is given back whatever happens.
 */

import type { LocalTerminal, OsSignal } from "../platform/platform.ts";
import type { AgentProcess, TerminalSize } from "../transports/agent_process.ts";

const PASSED_ON: readonly OsSignal[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/** The size that an agent gets when no terminal says another. */
export const DEFAULT_SIZE: TerminalSize = { rows: 40, columns: 120 };

/**
 * Joins the terminal to the agent until `signal` is aborted. Keys pass untouched; the end of a piped standard
 * input does not end the session; OS signals sent to the host reach the agent.
 */
export async function joinConsole(
  terminal: LocalTerminal,
  agent: AgentProcess,
  options: { signal: AbortSignal; passSignal: (signal: OsSignal) => void },
): Promise<void> {
  using _signals = terminal.onSignal(PASSED_ON, (signal) => {
    if (signal !== "SIGWINCH") options.passSignal(signal);
  });
  using _resize = terminal.onSignal(["SIGWINCH"], () => {
    const size = terminal.size();
    if (size !== undefined) void agent.terminal?.resize(size);
  });
  for await (const bytes of terminal.input(options.signal)) await agent.terminal?.type(bytes);
  if (options.signal.aborted) return;
  await new Promise<void>((resolve) => options.signal.addEventListener("abort", () => resolve(), { once: true }));
}
