/**
 * Drives an agent in a pseudo-terminal: every byte to the transcript, the screen to observations, messages to
 * keystrokes. This file puts the parts together; the behaviour knows what the screens mean and which keys work.
 */

import type { ApprovalPolicy, ProcessExit } from "../../model/session.ts";
import type { Signal, SignalSource } from "../../model/signal.ts";
import type { Clock, Files, PtyProcess } from "../../platform/platform.ts";
import type { AgentProcess, HookCall, Keystroke, PtyBehaviour } from "../agent_process.ts";
import { createObservationQueue, type ObservationQueue } from "../observation_queue.ts";
import { createOneAtATime } from "../one_at_a_time.ts";
import { createEmulator } from "../terminal/emulator.ts";
import type { Screen, TerminalSize } from "../terminal/screen.ts";
import { createScreenFeed, type ScreenFeed } from "../terminal/screen_feed.ts";
import { createAgentTerminal, type Viewers } from "./agent_terminal.ts";
import { answerOnScreen } from "./answer.ts";
import { deliverByKeys } from "./delivery.ts";
import { createKeyboard } from "./keyboard.ts";
import { createReplyLimit } from "./reply_limit.ts";
import { createReportedPrompts, type ReportedPrompts } from "./reported_prompts.ts";
import { createReturnedDraft } from "./returned_draft.ts";
import { followStateFile, type StateFile } from "./state_file.ts";

/** Where the agent's own reports come from: its state file and its hooks. */
export interface OwnSources {
  files: Files;
  /** the agent's environment */
  env: Readonly<Record<string, string>>;
  /** the agent's start time, which tells its files from those of an earlier process with the same pid */
  start: string;
  approvals: ApprovalPolicy;
}

export interface PtyAgentOptions {
  clock: Clock;
  size: TerminalSize;
  /** gets every byte that the agent prints, in order */
  output: (bytes: Uint8Array) => void;
  /** what the agent reports besides its screen; absent where only the screen counts */
  own?: OwnSources;
  /** whether we answer the agent's terminal queries; false when a real terminal is attached and does */
  answersQueries: boolean;
}

/** Passes a signal on as an observation, with the time. */
type Observe = (signal: Signal, source: SignalSource) => void;

export async function startPtyAgent(
  process: PtyProcess,
  behaviour: PtyBehaviour,
  options: PtyAgentOptions,
): Promise<AgentProcess> {
  const { clock, size, own } = options;
  const queue = createObservationQueue();
  const observe: Observe = (signal, source) => queue.push({ signal, source, at: clock.monotonic() });
  const returned = createReturnedDraft(behaviour);
  const prompts = createReportedPrompts();
  const viewers: Viewers = new Set();
  const over = new AbortController();
  const emulator = await createEmulator({
    ...size,
    reportOsc: behaviour.reportOsc,
    onReply: createReplier(process, options),
  });
  const stateFile = own && followOwnState(process, { behaviour, clock, own, observe, signal: over.signal });
  const feed = createScreenFeed({
    clock,
    emulator,
    read: returned.read,
    onSignal(signal) {
      observe(signal, "screen");
      stateFile?.nudge();
    },
  });
  const takeHookCall = createHookReader({ behaviour, own, observe, prompts });
  const keyboard = createKeyboard({ clock, write: process.write, feed, pasteLimits: behaviour.typing.pasteLimits });
  const parts = { clock, feed, keyboard, behaviour, returned, prompts };
  const pumped = pump(process, { output: options.output, viewers, feed, queue });
  const exit = awaitEnd(process, { pumped, stateFile, over, observe, queue });

  // Keys are pressed for one piece of work at a time: the keys of two would mix into a text that was never meant.
  const oneAtATime = createOneAtATime();
  const press = (keysFor: (screen: Screen) => readonly Keystroke[], signal: AbortSignal) =>
    oneAtATime(async () => void await keyboard.play(keysFor(await feed.screen()), signal));

  return {
    pid: process.pid,
    observations: queue.observations,
    exit,
    graces: behaviour.graces,
    policy: behaviour.policy,
    stopAnswer: "exit_sequence_sent",
    deliver: (message, how) => oneAtATime(() => deliverByKeys(message, { ...how, parts })),
    report: (call) => Promise.resolve(takeHookCall(call)),
    answer: (reply, signal) => oneAtATime(() => answerOnScreen(reply, { ...parts, signal })),
    interrupt: (signal) => press(behaviour.keysToInterrupt, signal),
    askToStop: (signal) => press(behaviour.keysToStop, signal),
    terminal: createAgentTerminal({ process, emulator, feed, behaviour, returned, viewers }),
    async [Symbol.asyncDispose]() {
      await exit;
      emulator.dispose();
    },
  };
}

/** Types the emulator's answers to terminal queries, within a limit. */
function createReplier(process: PtyProcess, { clock, answersQueries }: PtyAgentOptions): (text: string) => void {
  const mayReply = createReplyLimit(clock);
  return (text) => {
    const bytes = new TextEncoder().encode(text);
    if (answersQueries && mayReply(bytes.length)) void process.write(bytes);
  };
}

/** Passes on what the agent's state file says, for agents that keep one. */
function followOwnState(
  { pid }: PtyProcess,
  { behaviour, clock, own, observe, signal }: {
    behaviour: PtyBehaviour;
    clock: Clock;
    own: OwnSources;
    observe: Observe;
    signal: AbortSignal;
  },
): StateFile | undefined {
  return behaviour.stateFile && followStateFile({
    files: own.files,
    clock,
    reader: behaviour.stateFile,
    agent: { pid, start: own.start },
    env: own.env,
    onSignal: (said) => observe(said, "file"),
    signal,
  });
}

/** Hands every byte on until the output ends, no faster than the screen is drawn and the observations are read. */
async function pump(
  process: PtyProcess,
  { output, viewers, feed, queue }: {
    output: (bytes: Uint8Array) => void;
    viewers: Viewers;
    feed: ScreenFeed;
    queue: ObservationQueue;
  },
): Promise<void> {
  for await (const bytes of process.output) {
    output(bytes);
    for (const show of [...viewers]) show(bytes);
    await feed.add(bytes);
    await queue.room();
  }
  await feed.end();
}

/** Resolves when the process has ended and everything that it printed was read; then the observations end. */
async function awaitEnd(
  process: PtyProcess,
  { pumped, stateFile, over, observe, queue }: {
    pumped: Promise<void>;
    stateFile: StateFile | undefined;
    over: AbortController;
    observe: Observe;
    queue: ObservationQueue;
  },
): Promise<ProcessExit> {
  const ended = await process.exit;
  await pumped;
  over.abort();
  await stateFile?.ended();
  observe({ kind: "exited" }, "process");
  queue.end();
  return ended;
}

/** The result passes on what one call of the agent's hook says, and gives the answer to it. */
function createHookReader({ behaviour, own, observe, prompts }: {
  behaviour: PtyBehaviour;
  own: OwnSources | undefined;
  observe: Observe;
  prompts: ReportedPrompts;
}): (call: HookCall) => Readonly<Record<string, unknown>> {
  let keptPromise = false;
  return (call) => {
    const reading = own && behaviour.fromHook?.(call, { approvals: own.approvals, keptPromise });
    if (reading === undefined) return {};
    keptPromise ||= reading.keptPromise === true;
    for (const signal of reading.signals) observe(signal, "hook");
    if (reading.prompt !== undefined) prompts.add(reading.prompt);
    return reading.reply;
  };
}
