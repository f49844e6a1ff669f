/**
 * Asks an agent's program for its version, beside the session and for a short while only.
 */

import { basename } from "node:path";
import type { Adapter } from "../adapters/adapter.ts";
import { versionIn } from "../model/probe.ts";
import type { Processes } from "../platform/platform.ts";

/** Agents answer in some hundred milliseconds; a session must not end later for want of an answer. */
const PROBE_MS = 2_000;

/** Null when the program is not the one that the adapter knows, or does not say. Never rejects. */
export async function probeVersion(
  { probe }: Adapter,
  options: { argv: readonly string[]; cwd: string; env: Readonly<Record<string, string>>; processes: Processes },
): Promise<string | null> {
  const [program] = options.argv;
  if (probe === undefined || program === undefined || basename(program) !== probe.argv[0]) return null;
  const { cwd, env, processes } = options;
  try {
    const argv = [program, ...probe.argv.slice(1)];
    const { code, stdout } = await processes.run(argv, { cwd, env, clearEnv: true, timeoutMs: PROBE_MS });
    return code === 0 ? versionIn(stdout) ?? null : null;
  } catch {
    return null; // it hangs or cannot be started: the session itself shows why
  }
}
