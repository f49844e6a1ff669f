/**
 * tmux as a place to show a session: opens a window for a host, finds the pane that it runs in, reads that pane.
 * Targets are always exact (`=name:` or `%N`), because tmux matches prefixes.
 */

import { HarnexError } from "../model/errors.ts";
import type { Processes, RunResult } from "./platform.ts";

/** The tmux session for windows that are opened from outside tmux. */
const SESSION = "harnex";
const TMUX_TIMEOUT_MS = 5_000;

export interface TmuxPane {
  pane: string;
  session: string;
  window: string;
  pid: number;
}

export interface Tmux {
  /** Opens a window that runs `argv`, in the current session or in one named harnex, without taking the focus. */
  openWindow(options: { name: string; cwd: string; argv: readonly string[] }): Promise<TmuxPane>;
  /** Undefined when there is no such pane. */
  describe(pane: string): Promise<TmuxPane | undefined>;
  listPanes(): Promise<TmuxPane[]>;
  /** Panes that tmux is configured to keep although their program has ended, each with the command that it ran. */
  listDead(): Promise<{ pane: string; command: string }[]>;
  closePane(pane: string): Promise<void>;
  /** The visible rows of a pane. */
  capture(pane: string, options: { colours: boolean }): Promise<string[]>;
}

/** Colons, because tmux 3.3a prints a tab as `_` without a UTF-8 locale. Only a window's name may hold a colon. */
const PANE_FORMAT = "#{pane_id}:#{pane_pid}:#{session_name}:#{window_name}";
const DEAD_FORMAT = "#{pane_id}:#{pane_dead}:#{pane_start_command}";

export function createTmux(processes: Processes, env: Readonly<Record<string, string>>): Tmux {
  const inside = (env["TMUX"] ?? "") !== "";

  async function tmux(args: readonly string[]): Promise<RunResult> {
    return await processes.run(["tmux", "-u", ...args], { env, clearEnv: true, timeoutMs: TMUX_TIMEOUT_MS });
  }

  /** The pane that this command prints. */
  async function paneOf(args: readonly string[]): Promise<TmuxPane | undefined> {
    const { code, stdout } = await tmux(args);
    return code === 0 ? parsePane(stdout.trim()) : undefined;
  }

  return {
    async openWindow({ name, cwd, argv }) {
      const common = ["-d", "-P", "-F", PANE_FORMAT, "-n", literal(name), "-c", literal(cwd)];
      const newWindow = ["new-window", ...common, ...(inside ? [] : ["-t", `=${SESSION}:`]), "--", ...argv];
      const newSession = ["new-session", ...common, "-s", SESSION, "-x", "120", "-y", "40", "--", ...argv];
      // Outside tmux the session may not exist yet, and another `run` may create it in between: try the window, then
      // the session, then the window again.
      const attempts = inside ? [newWindow] : [newWindow, newSession, newWindow];
      for (const attempt of attempts) {
        const pane = await paneOf(attempt);
        if (pane !== undefined) return pane;
      }
      const { stderr } = await tmux(newWindow);
      throw new HarnexError("failed", `tmux could not open a window: ${stderr.trim()}; try: harnex doctor`);
    },
    describe: (pane) => paneOf(["display-message", "-p", "-t", pane, PANE_FORMAT]),
    async listPanes() {
      const { code, stdout } = await tmux(["list-panes", "-a", "-F", PANE_FORMAT]);
      if (code !== 0) return [];
      return stdout.split("\n").map(parsePane).filter((pane) => pane !== undefined);
    },
    async listDead() {
      const { code, stdout } = await tmux(["list-panes", "-a", "-F", DEAD_FORMAT]);
      if (code !== 0) return [];
      return stdout.split("\n").flatMap((line) => {
        const [pane = "", dead, ...command] = line.split(":");
        return dead === "1" ? [{ pane, command: command.join(":") }] : [];
      });
    },
    async closePane(pane) {
      await tmux(["kill-pane", "-t", pane]);
    },
    async capture(pane, { colours }) {
      const { code, stdout, stderr } = await tmux(["capture-pane", "-p", ...(colours ? ["-e"] : []), "-t", pane]);
      if (code !== 0) throw new HarnexError("failed", `tmux could not read pane ${pane}: ${stderr.trim()}`);
      return stdout.replace(/\n$/, "").split("\n");
    },
  };
}

/** tmux expands names and folders as formats, where `#(…)` runs a shell command; `##` is a plain `#`. */
function literal(text: string): string {
  return text.replaceAll("#", "##");
}

function parsePane(line: string): TmuxPane | undefined {
  const [pane, pid, session, ...window] = line.split(":");
  if (pane === undefined || pid === undefined || session === undefined) return undefined;
  return { pane, session, window: window.join(":"), pid: Number(pid) };
}
