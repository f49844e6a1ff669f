/**
 * Checks that this machine has what sessions need, and that old sessions left nothing behind. Changes nothing.
 */

import { join } from "node:path";
import { messageOf } from "../model/errors.ts";
import { compareVersions, type Probe, versionIn } from "../model/probe.ts";
import { localIso } from "../model/time.ts";
import { listOutcomes, weakerOf } from "../store/probes.ts";
import type { Store } from "./store.ts";
import { findUndelivered } from "./undelivered.ts";

export interface Check {
  name: string;
  required?: string;
  ok: boolean;
  found?: string;
  error?: string;
  /** true when the machine is healthy even if this check fails */
  optional?: boolean;
  /** the messages that were not delivered, for scripts */
  messages?: readonly unknown[];
}

const VERSION_TIMEOUT_MS = 10_000;

/** A program that an agent's adapter needs. */
export interface ProbedAgent {
  name: string;
  probe: Probe;
  optional: boolean;
}

/** A profile that the user has written: its content, or what is wrong with it. */
export interface TaughtProfile {
  name: string;
  path: string;
  /** the program that it starts */
  command?: string;
  problem?: string;
}

export async function examine(
  store: Store,
  { agents, profiles }: { agents: readonly ProbedAgent[]; profiles: readonly TaughtProfile[] },
): Promise<Check[]> {
  const checks = await Promise.all([
    ...agents.map((agent) => checkAgent(store, agent)),
    ...profiles.map((profile) => checkProfile(store, profile)),
    checkTerminal(store),
    checkTool(store, {
      name: "tmux",
      argv: ["tmux", "-V"],
      optional: true,
      install: "Debian: apt install tmux, macOS: brew install tmux",
      without: "run --tmux and pane of tmux windows",
    }),
    checkTool(store, {
      name: "git",
      argv: ["git", "--version"],
      optional: true,
      install: "Debian: apt install git, macOS: xcode-select --install",
      without: "git data in summaries",
    }),
    ...(store.platform.system.os !== "linux" ? [] : [checkTool(store, {
      name: "setpriv",
      argv: ["setpriv", "--version"],
      optional: true,
      install: "Debian: apt install util-linux",
      without: "kernel support for ending the agent of a killed host; the watchdog does that alone",
    })]),
    ...(store.platform.system.os !== "linux" ? [] : [checkWatches(store)]),
    checkState(store),
    checkStale(store),
    checkUndelivered(store),
  ]);
  return [...checks, ...await checkProbes(store, agents)];
}

/** The last outcome of `doctor --probe` for each of these agents that was probed. */
async function checkProbes(
  { platform: { files }, paths }: Store,
  agents: readonly ProbedAgent[],
): Promise<Check[]> {
  const outcomes = await listOutcomes({ files, paths });
  return agents.flatMap(({ name }) => {
    const last = outcomes.find(({ agent }) => agent === name);
    if (last === undefined) return [];
    const failed = last.checks.filter(({ ok }) => !ok);
    const holds = `${last.checks.length - failed.length} of ${last.checks.length} checks hold`;
    const found = `${last.version ?? "unknown version"}: ${holds}, ${localIso(last.at)} with harnex ${last.harnex}`;
    const base = { name: `probe:${name}`, ok: last.ok, found, optional: true };
    return [last.ok ? base : { ...base, error: weakerOf(last) }];
  });
}

async function checkAgent(store: Store, { name, probe, optional }: ProbedAgent): Promise<Check> {
  const required = `>= ${probe.minVersion}`;
  const base = { name, required, ...(optional ? { optional } : {}) };
  const found = await versionOf(store, probe.argv);
  const how = probe.install === undefined ? "" : `; install it with: ${probe.install}`;
  if (found.version === undefined) {
    return { ...base, ok: false, error: `${found.error ?? "it printed no version"}${how}` };
  }
  if (compareVersions(found.version, probe.minVersion) < 0) {
    return {
      ...base,
      ok: false,
      found: found.version,
      error: `too old, it must be ${probe.minVersion} or newer${how}`,
    };
  }
  if (compareVersions(found.version, probe.testedUpTo) > 0) {
    return {
      ...base,
      ok: true,
      found: found.version,
      error: `newer than ${probe.testedUpTo}, the newest tested version; it may behave differently`,
    };
  }
  return { ...base, ok: true, found: found.version };
}

/** A profile that cannot be used is an error; a missing program is a warning, as it may be for another machine. */
async function checkProfile(store: Store, { name, path, command, problem }: TaughtProfile): Promise<Check> {
  const base = { name: `profile:${name}`, found: path };
  if (problem !== undefined) return { ...base, ok: false, error: problem };
  const { processes, env } = store.platform;
  if (command === undefined || (await processes.findProgram(command, env["PATH"], "/")) !== undefined) {
    return { ...base, ok: true };
  }
  return { ...base, ok: false, optional: true, error: `"${command}" not found on your PATH` };
}

interface Tool {
  name: string;
  argv: readonly string[];
  optional: boolean;
  without: string;
  install: string;
}

async function checkTool(store: Store, { name, argv, optional, without, install }: Tool): Promise<Check> {
  const { version, error } = await versionOf(store, argv);
  const base = { name, ...(optional ? { optional } : {}) };
  if (version !== undefined) return { ...base, ok: true, found: version };
  return {
    ...base,
    ok: false,
    error: `${error ?? "it printed no version"}; without it there is no ${without}; ${install}`,
  };
}

/** Runs a program in a pseudo-terminal, as a session runs an agent. */
async function checkTerminal(store: Store): Promise<Check> {
  const { processes } = store.platform;
  try {
    const pty = await processes.spawnPty(["/bin/sh", "-c", "stty size; exit 7"], {
      cwd: "/",
      env: { PATH: store.platform.env["PATH"] ?? "/usr/bin:/bin", TERM: "dumb" },
      marker: "HARNEX_SESSION_ID=doctor",
      rows: 41,
      columns: 121,
    });
    let text = "";
    const decoder = new TextDecoder();
    for await (const bytes of pty.output) text += decoder.decode(bytes, { stream: true });
    const { code } = await pty.exit;
    await pty.release();
    if (text.trim() === "41 121" && code === 7) return { name: "script", ok: true, found: "a pseudo-terminal works" };
    return {
      name: "script",
      ok: false,
      error: `the pseudo-terminal answered ${JSON.stringify(text)} and exit code ${code}`,
    };
  } catch (error) {
    const why = messageOf(error instanceof Error ? error.cause ?? error : error);
    return { name: "script", ok: false, error: `${why}; Debian: apt install bsdutils util-linux` };
  }
}

function checkWatches({ platform: { files } }: Store): Check {
  const base = { name: "file-watches", optional: true };
  if (files.hasWatches()) return { ...base, ok: true, found: "available" };
  const why = "the system has none left for this user; harnex polls files ten times a second instead";
  return { ...base, ok: false, error: `${why}; raise fs.inotify.max_user_watches and max_user_instances with sysctl` };
}

async function checkState(store: Store): Promise<Check> {
  const { files } = store.platform;
  const { root, directories } = store.paths;
  const name = "state-directory";
  const wrong: string[] = [];
  const open: string[] = [];
  for (const directory of [root, ...directories, store.paths.launches, store.paths.probes]) {
    const stat = await files.stat(directory);
    if (stat === undefined) continue;
    if (stat.kind !== "directory") wrong.push(`${directory} is a ${stat.kind}`);
    else if (stat.mode & 0o077) open.push(`${directory} is open to others (run: chmod 700 ${directory})`);
    if (store.platform.system.uid > 0 && stat.uid !== store.platform.system.uid) {
      wrong.push(`${directory} belongs to another user`);
    }
  }
  const exposed = await openFiles(store);
  const [one = ""] = exposed;
  if (exposed.length === 1) open.push(`${one} is open to others (run: chmod 600 ${one})`);
  if (exposed.length > 1) {
    open.push(`${exposed.length} files are open to others, such as ${one} (run: chmod -R go= ${root})`);
  }
  wrong.push(...(await store.registry.listUnreadable()).map((path) => `${path} is not a session record; remove it`));
  const error = [...wrong, ...open].join("; ");
  if (error === "") return { name, ok: true, found: root };
  // The established tool leaves its files open, also after an upgrade. Sessions work all the same, so it is a warning.
  return { name, ok: false, found: root, error, ...(wrong.length === 0 ? { optional: true } : {}) };
}

/** Files that other users may read or write: they hold tokens, environments and conversations. */
async function openFiles({ platform: { files }, paths }: Store): Promise<string[]> {
  const found: string[] = [];
  const folders = [...paths.directories, paths.launches, paths.probes];
  const listed = await Promise.all(
    folders.map(async (folder) => (await files.list(folder)).map((name) => join(folder, name))),
  );
  for (const path of [paths.dispatches, ...listed.flat()]) {
    const stat = await files.stat(path);
    if (stat?.kind === "file" && stat.mode & 0o077) found.push(path);
  }
  return found;
}

async function checkStale(store: Store): Promise<Check> {
  const stale = (await store.registry.list()).filter(({ liveness }) => liveness === "stale").map(({ record }) =>
    record.id
  );
  const name = "stale-sessions";
  if (stale.length === 0) return { name, ok: true, found: "none", optional: true };
  return {
    name,
    ok: false,
    optional: true,
    error: `the hosts of these died: ${stale.join(", ")}; clean up with: harnex doctor --sweep`,
  };
}

async function checkUndelivered(store: Store): Promise<Check> {
  const name = "undelivered-messages";
  const found = await findUndelivered(store);
  if (found.length === 0) return { name, ok: true, found: "none", optional: true };
  const messages = found.flatMap(({ name: session, messages }) => messages.map((message) => ({ session, ...message })));
  const error = `these were not delivered because their hosts died, and harnex does not send them again: ${
    messages.map(({ session, text_preview, error }) => `${session} ${JSON.stringify(text_preview)} (${error})`).join(
      "; ",
    )
  }`;
  return { name, ok: false, optional: true, error, messages };
}

async function versionOf(store: Store, argv: readonly string[]): Promise<{ version?: string; error?: string }> {
  const [program = ""] = argv;
  const { processes, env } = store.platform;
  if ((await processes.findProgram(program, env["PATH"], "/")) === undefined) {
    return { error: `"${program}" not found on your PATH` };
  }
  try {
    const { code, stdout, stderr } = await processes.run(argv, { timeoutMs: VERSION_TIMEOUT_MS });
    const version = versionIn(`${stdout}\n${stderr}`);
    if (code !== 0) return { error: `${argv.join(" ")} exited ${code}` };
    return version === undefined ? {} : { version };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
