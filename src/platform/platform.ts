/**
 * The world outside, as the rest of harnex may use it: clock, files, processes, pseudo-terminals, environment.
 * Everything above `platform/` gets this bundle (or the narrowest part of it) handed in; nothing else touches Deno.*.
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
  /** Gives freed memory back to the system, as far as that can be done; takes some milliseconds. */
  releaseMemory(): void;
  /** Opens a WebSocket. Throws HarnexError("unavailable") when that fails. */
  connect(url: string, options: { authorization: string; signal: AbortSignal }): Promise<Socket>;
}

export interface Clock {
  /** wall clock, milliseconds since the epoch */
  now(): number;
  /** monotonic milliseconds */
  monotonic(): number;
  /** Resolves after `ms`, or earlier, without error, when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back once after `ms`; the returned function cancels. */
  after(ms: number, callback: () => void): () => void;
}

export interface SystemFacts {
  readonly os: "linux" | "darwin";
  readonly hostname: string;
  readonly uid: number;
  readonly pid: number;
  /** the arguments that start this program again, without its own: `[binary]` or `[deno, run, …, main.ts]` */
  readonly self: readonly string[];
}

export interface FileStat {
  kind: "file" | "directory" | "symlink" | "other";
  size: number;
  mtimeMs: number;
  mode: number;
  uid: number;
  inode: number;
  /** the file system that it is on */
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
  /**
   * Takes away what others may do with it, if it is this user's and can be closed. Follows no symlink, never throws.
   */
  makePrivate(path: string): Promise<void>;
  /** Writes a temporary file beside `path` and renames it there. */
  replace(path: string, text: string): Promise<void>;
  /** The same from parts, and on the disk when it resolves. */
  rewrite(path: string, parts: AsyncIterable<Uint8Array>): Promise<void>;
  /** false when there was none */
  remove(path: string): Promise<boolean>;
  /** A fresh private directory, for what does not belong into the state directory. */
  makeTemporary(prefix: string): Promise<string>;
  /** Removes a directory with all that is in it. */
  removeTree(path: string): Promise<void>;
  /** Makes a file executable by its owner. */
  makeExecutable(path: string): Promise<void>;
  openAppend(path: string): Promise<AppendFile>;
  /**
   * Takes the file's exclusive lock, creating the file; undefined when another process has it. Released by the kernel
   * at death.
   */
  tryLock(path: string): Promise<FileLock | undefined>;
  /**
   * The file at `path` may have changed: look again. The first item comes as soon as the watch is armed. Ends on
   * abort. Throws where the file's folder is not there.
   */
  watch(path: string, signal: AbortSignal): AsyncIterable<void>;
  /** Whether the system has watches left for this user; without them a watched file is looked at now and then. */
  hasWatches(): boolean;
}

export interface AppendFile extends Disposable {
  /** One write call; a short write throws. */
  append(bytes: Uint8Array): void;
  /** Resolves when what was appended is on the disk. */
  sync(): Promise<void>;
  /** Puts a file with these bytes alone in its place, by one rename, and goes on appending to that. */
  restart(bytes: Uint8Array): void;
}

export interface FileLock extends Disposable {
  /** Removes the lock file and releases. */
  removeAndRelease(): void;
}

/** A process as the system shows it; `start` tells a reused pid apart and is comparable only for equality. */
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

export interface Processes {
  /** The running process with this pid; undefined when there is none (a zombie counts as gone). */
  find(pid: number): Promise<ProcessRef | undefined>;
  /** Whether exactly this process still runs. */
  isAlive(process: ProcessRef): Promise<boolean>;
  /** All processes. */
  list(): Promise<ProcessRow[]>;
  /**
   * Processes whose environment at exec holds exactly `NAME=value`; some may have ended since. Each gets the signal as
   * soon as it is found. Empty where the system does not tell.
   */
  listMarked(marker: string, signal?: OsSignal): Promise<ProcessRef[]>;
  /**
   * Processes whose environment at exec has a variable of this name, with its value. Empty where the system does not
   * tell.
   */
  listByVariable(name: string): Promise<(ProcessRef & { value: string })[]>;
  /** Signals one process, if it is still that process. False when it is gone. */
  signal(process: ProcessRef, signal: OsSignal): Promise<boolean>;
  /** Runs a short program to its end; never through a shell. Rejects on timeout or when it is not found. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs a program on this terminal, with `stdin` to read, to its end; gives its exit code. */
  runOnTerminal(
    argv: readonly string[],
    options: { stdin: string; env: Readonly<Record<string, string>> },
  ): Promise<number>;
  /** The absolute path of a program on PATH, undefined when there is none. */
  findProgram(name: string, path: string | undefined, cwd: string): Promise<string | undefined>;
  /** Starts a program that outlives us, in its own session, output appended to `log`. */
  spawnDetached(argv: readonly string[], options: DetachedOptions): DetachedProcess;
  /** Starts a program in a pseudo-terminal; it and its descendants end when we do. */
  spawnPty(argv: readonly string[], options: PtyOptions): Promise<PtyProcess>;
  /** Starts a program on plain pipes; it and its descendants end when we do. */
  spawnPiped(argv: readonly string[], options: SpawnOptions): Promise<PipedProcess>;
}

export interface RunOptions {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  stdin?: string;
  timeoutMs?: number;
  /** ends the program, as the timeout does */
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
  /** Lets this program end although the other still runs. */
  release(): void;
}

export interface SpawnOptions {
  cwd: string;
  /** the whole environment */
  env: Readonly<Record<string, string>>;
  /** `NAME=value`, put into the agent's environment, by which its descendants are found */
  marker: string;
  /** restored should we die without doing it: the terminal we took over */
  guardTerminal?: { path: string; saved: string };
}

export interface PtyOptions extends SpawnOptions {
  rows: number;
  columns: number;
}

interface GuardedProcess {
  readonly pid: number;
  /** Latched; resolves when the process has ended. */
  readonly exit: Promise<ProcessExit>;
  /** Tells the guard that all is in order; after this nothing is killed on our death. */
  release(): Promise<void>;
}

export interface PtyProcess extends GuardedProcess {
  /** What the program printed, byte for byte; ends after the last of it. */
  readonly output: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  resize(size: { rows: number; columns: number }): Promise<void>;
}

export interface PipedProcess extends GuardedProcess {
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
}

/** The terminal (or the pipes) that this process was started with. */
export interface LocalTerminal {
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** undefined when neither output is a terminal */
  size(): { rows: number; columns: number } | undefined;
  /** Whether this process is what the terminal shows now, not a job in the background. */
  isForeground(): boolean;
  /** Has the terminal given back should we die before `release`. */
  guard(terminal: { path: string; saved: string }): { release(): Promise<void> };
  /** Raw keys until disposed; `guard` is what a watchdog needs to undo it after our death. */
  enterRaw(): Promise<RawMode>;
  /** Standard input in chunks, until it ends or is aborted. */
  input(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Calls back on each of these until disposed. */
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
  /** `upgrade` makes a WebSocket of the request; its response is to be returned. */
  handle: (request: Request, upgrade: Upgrade) => Promise<Response>;
}

export type Upgrade = () => { socket: Socket; response: Response };

/** One side of a WebSocket. */
export interface Socket {
  /** Text and binary frames as they come; ends when the other side, or this one, has closed. */
  readonly frames: AsyncIterable<string | Uint8Array>;
  /** Does nothing once closed. */
  send(frame: string | Uint8Array): void;
  /** bytes that were handed over and not sent yet */
  backlog(): number;
  close(code: number, reason: string): void;
  /** Why it was closed, as the side that did it says. */
  readonly closed: Promise<{ code: number; reason: string }>;
}

export interface Server extends AsyncDisposable {
  readonly port: number;
}
