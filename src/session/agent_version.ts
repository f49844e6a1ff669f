/**
 * Asks an agent's program for its version, beside the session and for a short while only.
 */

import { basename } from "node:path";
import type { Adapter } from "../adapters/adapter.ts";
import { versionIn } from "../model/probe.ts";
import type { Clock, Processes } from "../platform/platform.ts";

/** Agents answer in some hundred milliseconds, but this one is just starting, too. */
const PROBE_MS = 20_000;
/** A session must not end later for want of an answer. */
const PATIENCE_MS = 2_000;

export interface ProbeOptions {
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  processes: Processes;
  /** aborted when nobody wants to know any more */
  signal: AbortSignal;
}

/** The answer, or null when there is none two seconds after it was asked for. */
export async function versionInTime(
  answer: Promise<string | null>,
  { clock, askedAt }: { clock: Clock; askedAt: number },
): Promise<string | null> {
  const enough = new AbortController();
  const late = clock.sleep(Math.max(0, askedAt + PATIENCE_MS - clock.now()), enough.signal).then(() => null);
  try {
    return await Promise.race([answer, late]);
  } finally {
    enough.abort();
  }
}

/** Null when the program is not the one that the adapter knows, or does not say. Never rejects. */
export async function probeVersion(
  { probe }: Adapter,
  options: ProbeOptions,
): Promise<string | null> {
  const [program] = options.argv;
  if (probe === undefined || program === undefined || basename(program) !== probe.argv[0]) return null;
  const { cwd, env, processes, signal } = options;
  try {
    const argv = [program, ...probe.argv.slice(1)];
    const { code, stdout } = await processes.run(argv, { cwd, env, clearEnv: true, timeoutMs: PROBE_MS, signal });
    return code === 0 ? versionIn(stdout) ?? null : null;
  } catch {
    return null; // it hangs or cannot be started: the session itself shows why
  }
}
