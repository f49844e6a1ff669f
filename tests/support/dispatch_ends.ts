/**
 * Every way for a dispatch to end, and what is then said of it everywhere: the verdict and the exit code, for an agent
 * that harnex knows nothing of, for Claude Code and for Codex. One test runs each column.
 */

export interface End {
  exit: string;
  /** null when nobody knows */
  code: number | null;
}

export type Column = "generic" | "claude" | "codex";

const end = (exit: string, code: number | null): End => ({ exit, code });
const all = (exit: string, code: number | null): Readonly<Record<Column, End>> => ({
  generic: end(exit, code),
  claude: end(exit, code),
  codex: end(exit, code),
});

export const ENDS = {
  "exit 0": all("success", 0),
  "exit 7": all("failure", 7),
  // Codex leaves with 0 when it is told to.
  "TERM from outside": { ...all("failure", 143), codex: end("success", 0) },
  "KILL from outside": all("failure", 137),
  "KILL in the middle of a turn": all("disconnected", 137),
  "KILL of the host": all("lost", null),
  // A program in a terminal that ends at once may have done its work: only its status tells. The generic one here
  // is a program that takes Codex's place.
  "a failed boot": { generic: end("boot_failure", 3), claude: end("failure", 1), codex: end("boot_failure", 1) },
  "--max-runtime": all("timeout", 124),
  "stop, after a turn": all("success", 0),
  // The generic one does not listen.
  "stop in the middle of a turn": { ...all("stopped", 0), generic: end("stopped", 143) },
  "--auto-stop": all("success", 0),
  "a full disk": { ...all("success", 0), generic: end("failure", 7) },
} as const;

export type WayToEnd = keyof typeof ENDS;

/** What `wait` exits with. */
export const waitCode = ({ code }: End): number => code ?? 1;

/** The entries of a table that has every way. */
export function entriesOf<T>(table: Readonly<Record<WayToEnd, T>>): [WayToEnd, T][] {
  const isWay = (name: string): name is WayToEnd => name in ENDS;
  return Object.entries(table).flatMap(([name, way]): [WayToEnd, T][] => isWay(name) ? [[name, way]] : []);
}
