/**
 * Finds the version of an installed agent: from the files beside its program, before it is started; else from the
 * program itself, while the session starts, and for a short time only.
 */

import { basename, dirname, join } from "node:path";
import type { Adapter, LaunchPlan } from "../adapters/adapter.ts";
import { HarnexError } from "../model/errors.ts";
import { parseObject, stringField } from "../text/json.ts";
import { compareVersions, type Probe, versionIn } from "../model/probe.ts";
import type { Clock, Files, Processes } from "../platform/platform.ts";

/** `package/bin/program`, `package/cli.js`: how far above the program its package's file may be. */
const PACKAGE_LEVELS = 3;

/**
 * The version in the package's file, or in the program's own name, which is how some installers keep
 * versions apart; undefined when neither has it. Reads a few files and starts nothing.
 */
export async function installedVersion(
  { probe }: Pick<Adapter, "probe">,
  program: string,
  files: Pick<Files, "readText" | "realPath">,
): Promise<string | undefined> {
  if (probe?.package === undefined || basename(program) !== probe.argv[0]) return undefined;
  const real = await files.realPath(program).catch(() => undefined) ?? program;
  if (/^\d+\.\d+\.\d+$/.test(basename(real))) return basename(real);
  let folder = dirname(real);
  for (let level = 0; level < PACKAGE_LEVELS; level++, folder = dirname(folder)) {
    const found = parseObject(await files.readText(join(folder, "package.json")).catch(() => undefined) ?? "");
    if (found === undefined) continue;
    return stringField(found, "name") === probe.package ? stringField(found, "version") : undefined;
  }
  return undefined;
}

/** Throws when the version is older than what the adapter can work with. */
export function refuseOld({ minVersion, install }: Probe, name: string, version: string): void {
  if (compareVersions(version, minVersion) >= 0) return;
  const fix = install === undefined ? "update it" : `update it with: ${install}`;
  throw new HarnexError("invalid", `${name} ${version} is too old, harnex needs ${minVersion} or newer; ${fix}`);
}

/** The warning about a version that this adapter was never tried with. */
function newerThanTested({ testedUpTo }: Probe, name: string, version: string): string | undefined {
  if (compareVersions(version, testedUpTo) <= 0) return undefined;
  return `${name} ${version} is newer than ${testedUpTo}, which harnex was tested with; if its state looks wrong, see: harnex explain`;
}

/** Agents answer in some hundred milliseconds, but here the session starts at the same time. */
const PROBE_MS = 20_000;
/** The end of a session must not wait longer for the answer. */
const PATIENCE_MS = 2_000;

export interface ProbeOptions {
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  processes: Processes;
  /** aborted when the answer is no longer wanted */
  signal: AbortSignal;
}

export interface AskedVersion extends Disposable {
  /** null where it is not known; never rejects */
  answer: Promise<string | null>;
  /** a warning, when this adapter was never tried with the version */
  untried: string | undefined;
}

/** The agent's version: as its files say, else as the program itself answers until disposed. */
export function askVersion(
  { adapter, plan, version }: { adapter: Adapter; plan: LaunchPlan; version: string | undefined },
  options: Pick<ProbeOptions, "cwd" | "env" | "processes">,
): AskedVersion {
  if (version !== undefined) {
    const untried = adapter.probe && newerThanTested(adapter.probe, adapter.name, version);
    return { answer: Promise.resolve(version), untried, [Symbol.dispose]() {} };
  }
  const abort = new AbortController();
  const asked = { ...options, argv: plan.argv, cwd: plan.cwd ?? options.cwd, signal: abort.signal };
  return { answer: probeVersion(adapter, asked), untried: undefined, [Symbol.dispose]: () => abort.abort() };
}

/** The answer, or null when there is none two seconds after `askedAt`. */
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

/** Null when the program is not the one that the adapter knows, or does not answer. Never rejects. */
async function probeVersion(
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
    return null; // it hangs or cannot be started, as the session itself shows
  }
}
