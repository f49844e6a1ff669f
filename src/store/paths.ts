/**
 * Every path below the state directory, and the names that sessions have there. An id becomes part of a path only as
 * its slug.
 */

import { createHash } from "node:crypto";
import { isAbsolute, join, resolve } from "node:path";
import { HarnexError } from "../model/errors.ts";
import { setting } from "../model/setting.ts";

/** First hex digits of the SHA-256 of the repo root: the established tool's key, part of every file name. */
const KEY_DIGITS = 16;
/** A file name may have 255 bytes; key, separator, extension and temporary suffix need 64 of them. */
const SLUG_LIMIT = 180;
const SAFE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_. -]{0,179}$/;

export interface Paths {
  readonly root: string;
  readonly sessions: string;
  readonly exits: string;
  readonly logs: string;
  readonly inboxes: string;
  /** files of launches: what `run` hands to a background host, for some seconds */
  readonly launches: string;
  /** folders with the files that sessions make for their agents */
  readonly agents: string;
  /** outcomes of `doctor --probe`, and the throw-away folders of probes that run */
  readonly probes: string;
  readonly dispatches: string;
  readonly snapshots: string;
  /** All directories that a session writes to. */
  readonly directories: readonly string[];
  session(name: SessionName): string;
  exit(name: SessionName): string;
  output(name: SessionName): string;
  events(name: SessionName): string;
  inbox(name: SessionName): string;
  lock(name: SessionName): string;
  /** the folder with the files that a session makes for its agent; removed when the session ends */
  folder(name: SessionName): string;
  /** the log of a detached host */
  log(id: string): string;
  /** the folder in which a live session keeps the state of the work tree at its start */
  snapshot(name: SessionName): string;
}

/** What the names of a session's files are made of. */
export interface SessionName {
  key: string;
  slug: string;
}

/** `$HARNEX_STATE_DIR`, else `$XDG_STATE_HOME/harnex`, else `~/.local/state/harnex`; absolute. */
export function stateRoot(env: Readonly<Record<string, string | undefined>>): string {
  const home = setting(env, "HOME");
  const own = setting(env, "HARNEX_STATE_DIR");
  // A shell does not expand a quoted `~`.
  if (own !== undefined) return resolve(home === undefined ? own : own.replace(/^~(?=\/|$)/, () => home));
  const state = setting(env, "XDG_STATE_HOME");
  // By the XDG specification a relative path is ignored.
  if (state !== undefined && isAbsolute(state)) return join(state, "harnex");
  if (home !== undefined) return resolve(home, ".local", "state", "harnex");
  throw new HarnexError("failed", "no state directory: set HARNEX_STATE_DIR or HOME");
}

export function createPaths(root: string): Paths {
  const folder = (name: string) => join(root, name);
  const file = (directory: string, { key, slug }: SessionName, extension: string) =>
    join(root, directory, `${key}--${slug}.${extension}`);
  return {
    root,
    sessions: folder("sessions"),
    exits: folder("exits"),
    logs: folder("logs"),
    inboxes: folder("inbox"),
    launches: folder("launches"),
    agents: folder("agents"),
    probes: folder("probes"),
    dispatches: folder("dispatches.jsonl"),
    snapshots: folder("snapshots"),
    directories: ["sessions", "exits", "output", "events", "inbox", "logs", "locks", "snapshots"].map(folder),
    session: (name) => file("sessions", name, "json"),
    exit: (name) => file("exits", name, "json"),
    output: (name) => file("output", name, "log"),
    events: (name) => file("events", name, "jsonl"),
    inbox: (name) => file("inbox", name, "jsonl"),
    lock: (name) => file("locks", name, "lock"),
    folder: ({ key, slug }) => join(root, "agents", `${key}--${slug}`),
    snapshot: ({ key, slug }) => join(root, "snapshots", `${key}--${slug}`),
    // The established tool uses the id itself here; an id that is not a safe file name is replaced by its slug.
    log: (id) => join(root, "logs", `${SAFE_NAME.test(id) ? id : slugOf(id)}.log`),
  };
}

/** `Foo Bar`, `foo-bar` and `FOO_bar` are the same session. */
export function slugOf(id: string): string {
  const slug = slugOfAny(id);
  if (slug.length > SLUG_LIMIT) {
    throw new HarnexError("usage", `--id is too long: ${slug.length} characters, at most ${SLUG_LIMIT}`);
  }
  return slug;
}

/** Ids, and the names of agents, are compared by their slugs: `./Agent` is `agent`. */
export function isSameName(one: string, other: string): boolean {
  return slugOfAny(one) === slugOfAny(other);
}

function slugOfAny(name: string): string {
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "");
  return slug === "" ? "default" : slug;
}

export function repoKeyOf(repoRoot: string): string {
  return sha256Hex(repoRoot).slice(0, KEY_DIGITS);
}

export function sessionName(repoRoot: string, id: string): SessionName {
  return { key: repoKeyOf(repoRoot), slug: slugOf(id) };
}

/** Where the search for a free port begins, by the established tool's formula: the whole digest as one number. */
export function firstPort(repoRoot: string, id: string, range: { base: number; span: number }): number {
  const digest = sha256Hex(`${repoRoot}\0${id.trim()}`);
  return range.base + Number(BigInt(`0x${digest}`) % BigInt(range.span));
}

/** Synchronous, because WebCrypto uses a thread, which costs each command 1.5 ms. */
function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
