/**
 * Drives an agent in a pseudo-terminal: every byte to the transcript, the screen to observations, messages to
 * keystrokes. Knows no agent; the behaviour says what its screens mean and which keys it takes.
 */

import type { ApprovalPolicy } from "../../model/session.ts";
import type { Delivery, Message } from "../../model/message.ts";
import type { SignalSource } from "../../model/signal.ts";
import type { Clock, Files, PtyProcess } from "../../platform/platform.ts";
import type {
  AgentAnswer,
  AgentProcess,
  AnswerOutcome,
  DeliverOptions,
  HookCall,
  Keystroke,
  PtyBehaviour,
  ScreenAnswer,
} from "../agent_process.ts";
import type { TerminalSize } from "../terminal/screen.ts";
import { createAgentTerminal, type Viewers } from "./agent_terminal.ts";
import { createEmulator } from "../terminal/emulator.ts";
import { createKeyboard, ENTER } from "./keyboard.ts";
import { createOwnText, sameWords } from "./returned_draft.ts";
import { createObservationQueue } from "../observation_queue.ts";
import { createReplyLimit } from "./reply_limit.ts";
import { createScreenFeed } from "../terminal/screen_feed.ts";
import { type Screen, showsChange } from "../terminal/screen.ts";
import { followStateFile } from "./state_file.ts";
import { deliverVerbatim } from "./verbatim.ts";

/** How long the screen may take to show that a submission was taken, before Enter is pressed again or given up. */
const CONFIRM_MS = 2_000;
/** How long a question may stay on the screen after its answer; a busy machine took more than two seconds. */
const ANSWERED_MS = 10_000;
/** Prompts told by a hook that are kept while one delivery waits for its own. */
const TOLD_LIMIT = 8;
/** How long after the last key before Enter: Claude Code 2.1.197 loses an Enter that follows a paste at once. */
const BEFORE_ENTER_MS = 100;
/**
 * How long the text may take to appear: Claude Code 2.1.197 took half a second on a busy machine, and an Enter that
 * comes before is lost. A program that does not echo makes us wait this long.
 */
const ECHO_START_MS = 3_000;
/** The echo has settled when nothing was printed for this long, and is waited for at most that long. */
const ECHO_QUIET_MS = 30;
const ECHO_LIMIT_MS = 5_000;

/** What showed that the agent took a message. */
interface Shown {
  by: SignalSource;
  what: string;
}

/** Where the agent's own word comes from: its state file and its hooks. */
export interface OwnSources {
  files: Files;
  /** the agent's environment */
  env: Readonly<Record<string, string>>;
  /** the agent's start time, to tell its own files from those of a process that had its pid before */
  start: string;
  approvals: ApprovalPolicy;
}

export interface PtyAgentOptions {
  clock: Clock;
  size: TerminalSize;
  /** gets every byte the agent prints, in order */
  output: (bytes: Uint8Array) => void;
  /** what the agent tells besides its screen; absent where only the screen is to be believed */
  own?: OwnSources;
  /** whether we answer the agent's terminal queries; false when a real terminal is attached and does */
  answersQueries: boolean;
}

export async function startPtyAgent(
  process: PtyProcess,
  behaviour: PtyBehaviour,
  options: PtyAgentOptions,
): Promise<AgentProcess> {
  const { clock, own } = options;
  const mayReply = createReplyLimit(clock);
  const emulator = await createEmulator({
    ...options.size,
    onReply: (text) => {
      const bytes = new TextEncoder().encode(text);
      if (options.answersQueries && mayReply(bytes.length)) void process.write(bytes);
    },
  });
  const viewers: Viewers = new Set();
  const ownText = createOwnText(behaviour);
  const queue = createObservationQueue();
  const feed = createScreenFeed({
    clock,
    emulator,
    read: ownText.read,
    onSignal: (signal) => {
      queue.push({ signal, source: "screen", at: clock.monotonic() });
      ownState?.nudge();
    },
  });
  const over = new AbortController();
  const ownState = own && behaviour.stateFile && followStateFile({
    files: own.files,
    clock,
    reader: behaviour.stateFile,
    agent: { pid: process.pid, start: own.start },
    env: own.env,
    onSignal: (signal) => queue.push({ signal, source: "file", at: clock.monotonic() }),
    signal: over.signal,
  });
  const keyboard = createKeyboard({ clock, write: process.write, feed });
  const submitKeys = behaviour.keysToSubmit ?? ENTER;

  const pumped = pump();
  async function pump(): Promise<void> {
    for await (const bytes of process.output) {
      options.output(bytes);
      for (const show of [...viewers]) show(bytes);
      await feed.add(bytes);
      await queue.room();
    }
    await feed.end();
  }

  const exit = (async () => {
    const ended = await process.exit;
    await pumped;
    over.abort();
    await ownState?.ended();
    queue.push({ signal: { kind: "exited" }, source: "process", at: clock.monotonic() });
    queue.end();
    return ended;
  })();

  let turn: Promise<unknown> = Promise.resolve();
  /** Whatever presses keys does so alone: the keys of two would make a text that nobody meant. */
  function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  }

  async function deliver(message: Message, { signal, calledOff, onStep }: DeliverOptions): Promise<Delivery> {
    const untilEnter = calledOff === undefined ? signal : AbortSignal.any([signal, calledOff]);
    if (untilEnter.aborted) return { kind: "refused", reason: "the session is ending" };
    let before = await feed.screen();
    if (message.mode === "raw") {
      return await deliverVerbatim(message.text, { keyboard, inputBox: behaviour.inputBox, signal, onStep });
    }
    let bytesWritten = 0;
    if (message.mode !== "enter") {
      // What the agent gave back, or never took, is not to be mixed with the next message.
      if (behaviour.keysToClear !== undefined && ownText.isIn(before)) {
        await keyboard.play(behaviour.keysToClear, signal);
        before = await feed.screen();
      }
      bytesWritten += await keyboard.play(behaviour.keysFor(message.text, before), signal);
      onStep("typed");
      const echoed = (screen: Screen) => showsText(before, screen) ? true : undefined;
      // Also who calls it off has to see what stands in the box now.
      await Promise.all([
        clock.sleep(BEFORE_ENTER_MS, untilEnter),
        feed.until(echoed, { limitMs: ECHO_START_MS, signal }),
      ]);
      await feed.quiet({ quietMs: ECHO_QUIET_MS, limitMs: ECHO_LIMIT_MS, signal: untilEnter });
    }
    const drafted = await feed.screen();
    if (message.mode === "type") {
      return showsText(before, drafted)
        ? { kind: "accepted", bytesWritten, by: "screen", evidence: "screen: the text is there" }
        : { kind: "not_taken", bytesWritten, reason: "typed, but the screen does not show it" };
    }
    if (untilEnter.aborted) return { kind: "not_taken", bytesWritten, reason: "the session ended before Enter" };
    toldPrompts = [];
    onStep("submitted");
    ownText.note(message.text);
    bytesWritten += await keyboard.play(submitKeys, signal);
    let shown = await confirm({ drafted, text: message.text }, signal);
    const mayPressAgain = behaviour.inputBox === "certain" && !untilEnter.aborted;
    if (shown === undefined && mayPressAgain && draftStays(drafted, await feed.screen())) {
      bytesWritten += await keyboard.play(submitKeys, signal);
      shown = await confirm({ drafted, text: message.text }, signal);
    }
    if (shown !== undefined) {
      return { kind: "accepted", bytesWritten, by: shown.by, evidence: `${shown.by}: ${shown.what}` };
    }
    return { kind: "not_taken", bytesWritten, reason: "typed, but nothing on the screen shows that the agent took it" };
  }

  /** Prompts that the agent's hook told since the last submission; a delivery in progress reads them. */
  let toldPrompts: string[] = [];
  let onPrompt = () => {};

  function report(call: HookCall): Promise<Readonly<Record<string, unknown>>> {
    const reading = own && behaviour.fromHook?.(call, own.approvals);
    if (reading === undefined) return Promise.resolve({});
    for (const signal of reading.signals) queue.push({ signal, source: "hook", at: clock.monotonic() });
    if (reading.prompt !== undefined) {
      toldPrompts = [...toldPrompts, reading.prompt].slice(-TOLD_LIMIT);
      onPrompt();
    }
    return Promise.resolve(reading.reply);
  }

  /** Waits for the screen to show that what was in the box is not there any more, or that work began. */
  async function confirm(
    { drafted, text }: { drafted: Screen; text: string },
    signal: AbortSignal,
  ): Promise<Shown | undefined> {
    const was = behaviour.fromScreen(drafted).kind;
    const told = (): Shown | undefined =>
      toldPrompts.some((prompt) => sameWords(prompt, text)) ? { by: "hook", what: "took the prompt" } : undefined;
    const onScreen = (what: string): Shown => ({ by: "screen", what });
    const decided = new AbortController();
    const seen = feed.until((screen) => {
      const is = behaviour.fromScreen(screen).kind;
      if (told() !== undefined) return told();
      if (is === "working" && was !== "working") return onScreen("working");
      if (is === "blocked" && was !== "blocked") return onScreen("asks a question");
      if (was === "blocked" && is !== "blocked") return onScreen("the question is gone");
      if (!draftStays(drafted, screen)) return onScreen("the draft was taken");
      return undefined;
    }, { limitMs: CONFIRM_MS, signal: AbortSignal.any([signal, decided.signal]) });
    const hooked = new Promise<Shown | undefined>((resolve) => {
      onPrompt = () => told() !== undefined && resolve(told());
    });
    const evidence = await Promise.race([seen, hooked]);
    decided.abort();
    onPrompt = () => {};
    return evidence;
  }

  /** Whether what was typed since `before` can be seen. */
  function showsText(before: Screen, screen: Screen): boolean {
    if (behaviour.inputBox === "uncertain") return showsChange(before, screen);
    const draft = behaviour.draft(screen);
    return draft !== undefined && draft !== "" && draft !== behaviour.draft(before);
  }

  async function answer(reply: AgentAnswer, signal: AbortSignal): Promise<AnswerOutcome> {
    const screen = await feed.screen();
    const question = behaviour.fromScreen(screen);
    if (question.kind !== "blocked") return { kind: "refused", reason: "the agent asks nothing" };
    const choices = question.choices === undefined ? {} : { choices: question.choices };
    const wanted = screenAnswer(reply);
    const keys = wanted && behaviour.keysToAnswer?.(screen, wanted);
    if (wanted === undefined || keys === undefined) {
      return { kind: "refused", reason: "the question has no such answer", ...choices };
    }
    await keyboard.play(keys, signal);
    const gone = await feed.until((now) => {
      const is = behaviour.fromScreen(now);
      return is.kind !== "blocked" || is.detail !== question.detail || is.label !== question.label ? true : undefined;
    }, { limitMs: ANSWERED_MS, signal });
    if (gone === undefined) {
      return { kind: "refused", reason: "answered, but the question is still on the screen", ...choices };
    }
    return { kind: "answered", on: question.on, choice: wanted.kind === "choice" ? wanted.label : wanted.kind };
  }

  /** Plays the keys that fit the screen as it is now. */
  async function press(keysFor: (screen: Screen) => readonly Keystroke[], signal: AbortSignal): Promise<void> {
    await keyboard.play(keysFor(await feed.screen()), signal);
  }

  /** True while the input box, or where there is none the whole screen, looks as it did before Enter. */
  function draftStays(drafted: Screen, screen: Screen): boolean {
    const draft = behaviour.draft(drafted);
    // An empty box that fills shows a late echo, and one that empties only in part has not been submitted.
    if (behaviour.inputBox === "certain" && draft !== undefined) return draft === "" || behaviour.draft(screen) !== "";
    if (draft === undefined || draft === "") return !showsChange(drafted, screen);
    return behaviour.draft(screen) === draft && drafted.cursor.row === screen.cursor.row;
  }

  return {
    pid: process.pid,
    observations: queue.observations,
    exit,
    graces: behaviour.graces,
    policy: behaviour.policy,
    stopAnswer: "exit_sequence_sent",
    deliver: (message, deliverOptions) => oneAtATime(() => deliver(message, deliverOptions)),
    report,
    answer: (reply, signal) => oneAtATime(() => answer(reply, signal)),
    interrupt: (signal) => oneAtATime(() => press(behaviour.keysToInterrupt, signal)),
    askToStop: (signal) => oneAtATime(() => press(behaviour.keysToStop, signal)),
    terminal: createAgentTerminal({ process, emulator, feed, behaviour, ownText, viewers }),
    async [Symbol.asyncDispose]() {
      await exit;
      emulator.dispose();
    },
  };
}

function screenAnswer({ choice, decision }: AgentAnswer): ScreenAnswer | undefined {
  if (choice !== undefined) return { kind: "choice", label: choice };
  return decision === undefined ? undefined : { kind: decision };
}
