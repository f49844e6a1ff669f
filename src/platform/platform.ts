/**
 * The machine, as the rest of harnex may use it: clock, files, processes, pseudo-terminals, environment. Code outside
 * `platform/` takes this bundle, or the narrowest part of it, as an argument, and never uses Deno.* itself.
 */

import type { ProcessExit } from "../model/session.ts";

export interface Platform {
  readonly clock: Clock;
  readonly files: Files;
  readonly processes: Processes;
  readonly terminal: LocalTerminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly system: SystemFacts;
  /** `bytes` random bytes as lower-case hex. */
  randomHex(bytes: number): string;
  /** Serves HTTP until closed. Throws HarnexError("conflict") when the port is taken. */
  serve(options: ServeOptions): Server;
  /** Returns freed memory to the system as far as possible; takes some milliseconds. */
  releaseMemory(): void;
  /** Opens a WebSocket. Throws HarnexError("unavailable") when that fails. */
  connect(url: string, options: { authorization: string; signal: AbortSignal }): Promise<Socket>;
}

export interface Clock {
  /** wall clock, milliseconds since the epoch */
  now(): number;
  /** monotonic milliseconds */
  monotonic(): number;
  /** Resolves after `ms`, or earlier when aborted; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `callback` once after `ms`; the returned function cancels that. */
  after(ms: number, callback: () => void): () => void;
}

export interface SystemFacts {
  readonly os: "linux" | "darwin";
  readonly hostname: string;
  readonly uid: number;
  readonly pid: number;
  /** the command that starts this program, without arguments for it: `[binary]` or `[deno, run, …, main.ts]` */
  readonly self: readonly string[];
}

export interface FileStat {
  kind: "file" | "directory" | "symlink" | "other";
  size: number;
  mtimeMs: number;
  mode: number;
  uid: number;
  inode: number;
  /** the file system that holds it */
  device: number;
}

/** Flat files. Every file is created 0600 and every directory 0700. */
export interface Files {
  /** undefined when there is no such file */
  readText(path: string): Promise<string | undefined>;
  /** Up to `maxBytes` bytes from `offset`; fewer at the end; undefined when there is no such file. */
  readRange(path: string, range: { offset: number; maxBytes: number }): Promise<Uint8Array | undefined>;
  /** Names in a directory, sorted; empty when there is none. */
  list(directory: string): Promise<string[]>;
  /** The path without symlinks; undefined when there is no such file. */
  realPath(path: string): Promise<string | undefined>;
  /** Does not follow a symlink. */
  stat(path: string): Promise<FileStat | undefined>;
  makeDirectory(path: string): Promise<void>;
  /** Takes all permissions from other users, if the file is this user's. Follows no symlink, never throws. */
  makePrivate(path: string): Promise<void>;
  /** Writes a temporary file beside `path` and renames it there. */
  replace(path: string, text: string): Promise<void>;
  /** The same from parts; the file is on the disk when this resolves. */
  rewrite(path: string, parts: AsyncIterable<Uint8Array>): Promise<void>;
  /** false when there was no such file */
  remove(path: string): Promise<boolean>;
  /** Makes a private directory, for files that do not belong into the state directory. */
  makeTemporary(prefix: string): Promise<string>;
  /** Removes a directory with all that is in it. */
  removeTree(path: string): Promise<void>;
  /** Makes a file executable by its owner. */
  makeExecutable(path: string): Promise<void>;
  openAppend(path: string): Promise<AppendFile>;
  /**
   * Takes the file's exclusive lock, creating the file; undefined when another process has it. The kernel releases it
   * when this process dies.
   */
  tryLock(path: string): Promise<FileLock | undefined>;
  /**
   * Yields whenever the file at `path` may have changed, and once as soon as the watch is armed. Ends when aborted.
   * Throws when the file's folder does not exist.
   */
  watch(path: string, signal: AbortSignal): AsyncIterable<void>;
  /** Whether the system has file watches left for this user; without one, a watched file is polled. */
  hasWatches(): boolean;
}

export interface AppendFile extends Disposable {
  /** One write call; a short write throws. */
  append(bytes: Uint8Array): void;
  /** Resolves when everything appended is on the disk. */
  sync(): Promise<void>;
  /** Replaces the file by one with only these bytes, in one rename, and appends to that from then on. */
  restart(bytes: Uint8Array): void;
}

export interface FileLock extends Disposable {
  /** Removes the lock file and releases. */
  removeAndRelease(): void;
}

/** A process as the system shows it. `start` detects a reused pid, and only equality of it means anything. */
export interface ProcessRef {
  pid: number;
  start: string;
}

export interface ProcessRow extends ProcessRef {
  parent: number;
  group: number;
  session: number;
}

export type OsSignal = "SIGTERM" | "SIGKILL" | "SIGINT" | "SIGHUP" | "SIGQUIT";

/** The OS signals that ask a program to end, and that it may catch to end in good order. */
export const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const satisfies readonly OsSignal[];

export interface Processes {
  /** The running process with this pid; undefined when there is none, and for a zombie. */
  find(pid: number): Promise<ProcessRef | undefined>;
  /** Whether this very process still runs. */
  isAlive(process: ProcessRef): Promise<boolean>;
  /** All processes. */
  list(): Promise<ProcessRow[]>;
  /**
   * Processes that were started with exactly `NAME=value` in their environment; some may have ended since. Each gets
   * the signal as soon as it is found. Empty on systems that do not show the environment.
   */
  findByEnvironment(entry: string, signal?: OsSignal): Promise<ProcessRef[]>;
  /**
   * Processes that were started with a variable of this name, each with its value. Empty on systems that do not show
   * the environment.
   */
  findByVariable(name: string): Promise<(ProcessRef & { value: string })[]>;
  /** Signals one process if it still runs; false when it does not. */
  signal(process: ProcessRef, signal: OsSignal): Promise<boolean>;
  /** Runs a short program to its end, never through a shell. Rejects on timeout, and when there is no such program. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs a program on this terminal to its end, with `stdin` as its input; gives its exit code. */
  runOnTerminal(
    argv: readonly string[],
    options: { stdin: string; env: Readonly<Record<string, string>> },
  ): Promise<number>;
  /** The absolute path of a program on PATH, undefined when there is none. */
  findProgram(name: string, path: string | undefined, cwd: string): Promise<string | undefined>;
  /** Starts a program that outlives this process, in its own process session, with its output appended to `log`. */
  spawnDetached(argv: readonly string[], options: DetachedOptions): DetachedProcess;
  /** Starts a program in a pseudo-terminal; it and its descendants are killed when this process dies. */
  spawnPty(argv: readonly string[], options: PtyOptions): Promise<PtyProcess>;
  /** Starts a program on plain pipes; it and its descendants are killed when this process dies. */
  spawnPiped(argv: readonly string[], options: SpawnOptions): Promise<PipedProcess>;
}

export interface RunOptions {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  stdin?: string;
  timeoutMs?: number;
  /** aborting it ends the program, as the timeout does */
  signal?: AbortSignal;
  clearEnv?: boolean;
}

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface DetachedOptions {
  cwd: string;
  env: Readonly<Record<string, string>>;
  log: string;
}

export interface DetachedProcess {
  pid: number;
  exit: Promise<ProcessExit>;
  /** Lets this process end although the other still runs. */
  release(): void;
}

export interface SpawnOptions {
  cwd: string;
  /** the whole environment */
  env: Readonly<Record<string, string>>;
  /** `NAME=value`, added to the agent's environment, by which its descendants are found */
  marker: string;
  /** the terminal that this process has taken over; the watchdog restores it when this process dies before it does */
  guardTerminal?: { path: string; saved: string };
}

export interface PtyOptions extends SpawnOptions {
  rows: number;
  columns: number;
}

interface GuardedProcess {
  readonly pid: number;
  /** Resolves when the process has ended. */
  readonly exit: Promise<ProcessExit>;
  /** Ends the watchdog: from here on nothing is killed when this process dies. */
  release(): Promise<void>;
}

export interface PtyProcess extends GuardedProcess {
  /** What the program prints, byte for byte; ends after its last byte. */
  readonly output: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  /** Costs a process. Wait for one change before the next: two at once could end in the wrong order. */
  resize(size: { rows: number; columns: number }): Promise<void>;
}

export interface PipedProcess extends GuardedProcess {
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
}

/** The terminal, or the pipes, that this process was started with. */
export interface LocalTerminal {
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** undefined when neither output is a terminal */
  size(): { rows: number; columns: number } | undefined;
  /** Whether this process is in the foreground of the terminal, and not a background job. */
  isForeground(): boolean;
  /** Starts a watchdog that restores the terminal if this process dies before `release`. */
  guard(terminal: { path: string; saved: string }): { release(): Promise<void> };
  /** Raw mode until disposed; `guard` is what a watchdog needs to restore the terminal. */
  enterRaw(): Promise<RawMode>;
  /** Standard input in chunks, until it ends or is aborted. */
  input(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Calls `callback` for each of these OS signals until disposed. */
  onSignal<S extends OsSignal | "SIGWINCH">(signals: readonly S[], callback: (signal: S) => void): Disposable;
  /** False when the reader is gone. */
  writeOut(bytes: Uint8Array): boolean;
  writeErr(bytes: Uint8Array): boolean;
}

export interface RawMode extends Disposable {
  readonly guard: { path: string; saved: string } | undefined;
}

export interface ServeOptions {
  hostname: string;
  port: number;
  /** `upgrade` turns the request into a WebSocket; the handler then returns its response. */
  handle: (request: Request, upgrade: Upgrade) => Promise<Response>;
}

export type Upgrade = () => { socket: Socket; response: Response };

/** One side of a WebSocket. */
export interface Socket {
  /** Text and binary frames as they arrive; ends when either side has closed. */
  readonly frames: AsyncIterable<string | Uint8Array>;
  /** Does nothing after the socket was closed. */
  send(frame: string | Uint8Array): void;
  /** the number of bytes that wait to be sent */
  backlog(): number;
  close(code: number, reason: string): void;
  /** Why the socket was closed, in the words of the side that closed it. */
  readonly closed: Promise<{ code: number; reason: string }>;
}

export interface Server extends AsyncDisposable {
  readonly port: number;
}
