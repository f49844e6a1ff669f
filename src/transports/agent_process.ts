/**
 * The seam between a session and a running agent. `host/` sees only `AgentProcess`; an adapter supplies one of the
 * two behaviours. Types only; `tests/contract/agent_process_contract_test.ts` says what every transport keeps.
 */

import type { ApprovalPolicy, ProcessExit } from "../model/session.ts";
import type { Delivery, Message, MessageStep } from "../model/message.ts";
import type { BlockKind, Observation, Signal, TurnOutcome } from "../model/signal.ts";
import type { Screen, TerminalSize } from "./terminal/screen.ts";

/** The only thing `host/` sees of a running agent. */
export interface AgentProcess extends AsyncDisposable {
  readonly pid: number;
  /** For one reader. Ends with `exited`, when the process has ended and all its output was read. */
  readonly observations: AsyncIterable<Observation>;
  /** Latched; resolves after all output was read. Never rejects. */
  readonly exit: Promise<ProcessExit>;
  /** How long `stop` waits after the graceful request, and after SIGTERM, before it escalates. */
  readonly graces: StopGraces;
  /**
   * Puts one message to the agent. Calls are serialised; `onStep` reports each step at most once. Resolves also on abort
   * and after the agent has exited. After `refused` nothing was written.
   */
  deliver(message: Message, options: DeliverOptions): Promise<Delivery>;
  /** Asks the agent to end its running turn. Resolves when asked, not when the turn has ended. */
  interrupt(signal: AbortSignal): Promise<void>;
  /** Asks the agent to exit. Escalation is the caller's business. */
  askToStop(signal: AbortSignal): Promise<void>;
  /** Answers the open question of a blocked agent. Never rejects on abort. */
  answer?(reply: AgentAnswer, signal: AbortSignal): Promise<AnswerOutcome>;
  /** How the turn engine weighs what this agent shows and reports. */
  readonly policy: TurnPolicy;
  /**
   * An exit sooner than this after the start, before any turn, is a failed boot; in milliseconds. Absent where the exit
   * code tells.
   */
  readonly bootMs?: number;
  /** Takes a call of the agent's own hook and gives the answer to it. For agents that have hooks. */
  report?(call: HookCall): Promise<Readonly<Record<string, unknown>>>;
  /** What `stop` reports as its first step. */
  readonly stopAnswer: "exit_sequence_sent" | "interrupt_sent";
  /** The terminal, for agents that have one. */
  readonly terminal?: AgentTerminal;
}

/** An answer to a blocked agent: a choice by its label, a decision, or a text where the question takes one. */
export interface AgentAnswer {
  choice?: string;
  decision?: "approve" | "deny";
  message?: string;
  /** the question that is answered, where the agent names its questions: refused when another one is open by now */
  questionId?: string;
}

export type AnswerOutcome =
  | { kind: "answered"; on: BlockKind; choice: string }
  /** no question is open, it is another one by now, it has no such choice, or it did not go away */
  | { kind: "refused"; reason: string; choices?: readonly string[] };

export interface DeliverOptions {
  signal: AbortSignal;
  /** aborted when the agent is asked to stop: after that nothing is submitted any more */
  calledOff?: AbortSignal;
  onStep: (step: MessageStep, evidence?: string) => void;
}

/** In milliseconds. */
export interface StopGraces {
  /** from the graceful request to SIGTERM */
  askMs: number;
  /** from SIGTERM to SIGKILL */
  termMs: number;
}

/** The live terminal of a PTY agent. */
export interface AgentTerminal {
  /** Types bytes, as a keyboard does. */
  type(bytes: Uint8Array): Promise<void>;
  /** Never rejects. Of sizes that follow each other quickly, only the last is sure to be applied. */
  resize(size: TerminalSize): Promise<void>;
  /** The text that a user has typed into the agent's input box; undefined when no box can be seen. */
  draft(): string | undefined;
  /** Calls back with bytes that draw the screen as it is, then with every byte that is printed after that. */
  view(show: (bytes: Uint8Array) => void): Promise<Disposable>;
  /** The screen as it is now, after everything read so far was drawn. */
  screen(): Promise<Screen>;
  /** The screen as text with colours, one string a row. */
  screenAnsi(): Promise<readonly string[]>;
}

/** One step of playing keys into a terminal. */
export type Keystroke =
  /** bytes as typed */
  | { kind: "text"; text: string }
  /** a bracketed paste when the agent enabled that mode, or several by `pasteLimits`; else verbatim */
  | { kind: "paste"; text: string }
  | { kind: "key"; key: KeyName }
  /** A fixed wait, with the reason (agent and version that needs it). */
  | { kind: "pause"; ms: number; reason: string }
  /** Wait until the screen has been still for `quietMs`, `limitMs` at most. */
  | { kind: "settle"; quietMs: number; limitMs: number; reason: string }
  /** Wait until a row of the screen shows these words, `limitMs` at most. Without them play on, unless `stop` is set. */
  | { kind: "see"; words: string; limitMs: number; otherwise?: "stop"; reason: string };

export type KeyName =
  | "enter"
  | "escape"
  | "ctrl-c"
  | "ctrl-d"
  | "ctrl-u"
  | "up"
  | "down"
  | "left"
  | "right"
  | "tab"
  | "backspace";

/** One call of an agent's hook. */
export interface HookCall {
  body: Readonly<Record<string, unknown>>;
}

/** What a hook call is judged by. */
export interface HookContext {
  approvals: ApprovalPolicy;
  /** an earlier call has shown that the agent works in a mode that keeps the promise of `approvals` */
  keptPromise: boolean;
}

/** What a hook call says, and the JSON that answers it. */
export interface HookReading {
  signals: readonly Signal[];
  reply: Readonly<Record<string, unknown>>;
  /** the text that the agent took as a prompt, when the call reports one */
  prompt?: string;
  /** The agent works in a mode that keeps the promise of `approvals`; a later change of it is a user's own doing. */
  keptPromise?: true;
}

/** A file in which the agent keeps its own state. */
export interface StateFileReader {
  path(agent: { pid: number; env: Readonly<Record<string, string | undefined>> }): string;
  /** `unclear` when it is another process's file, or says nothing. */
  read(text: string, agent: { pid: number; start: string }): ScreenSignal;
}

/** A level signal: what one screen shows. */
export type ScreenSignal = Extract<Signal, { kind: "ready" | "working" | "blocked" | "unclear" }>;

/** How the turn engine weighs what the screen of this agent shows. */
export interface ScreenPolicy {
  /** How long `ready` must hold before it counts. */
  readySettleMs: number;
  /** `verdict`: since the screen first looked ready; `output`: since the last output while it did. */
  settleBy: "verdict" | "output";
  /** After a submission, `ready` without any `working` in between ends the turn only after this long. */
  unseenWorkMs: number;
  /** Work that neither a message nor a hook explains is a turn only once it has lasted this long. */
  unexplainedWorkMs: number;
}

/** How the turn engine weighs everything that it learns about this agent. */
export interface TurnPolicy extends ScreenPolicy {
  /** For agents with hooks or a state file. */
  reports?: ReportPolicy;
}

/** How far an agent's own reports (its hooks, its state file) and its screen may lag behind each other. */
export interface ReportPolicy {
  /** From the file's `ready`: how long a hook or the screen may take to show that the turn was not completed. */
  fileSettleMs: number;
  /** The same, while the screen still shows the turn's work. */
  screenBehindMs: number;
  /** From the end of a background task, at which the file says `ready`, to the turn that this end starts. */
  wakeMs: number;
  /** From the hook that announces the end of a turn to the prompt: the agent's other hooks run in between. */
  endingMs: number;
  /** How long a prompt must stand on the screen to end a turn whose end neither hook nor file reports. */
  unreportedEndMs: number;
  /** Work that starts this soon after the conversation was cleared is the clearing and no turn. */
  clearingMs: number;
  /** From the file's report of an open question to the question on the screen. */
  questionShowsMs: number;
  /** How long a hook may take to answer a permission question that is open already. */
  decisionMs: number;
  /** How long the screen may still show a permission question that a hook has answered. */
  answeredMs: number;
}

/** An answer to the question on a screen. `choice` names an entry by its label, as the signal's `choices` gives it. */
export type ScreenAnswer = { kind: "choice"; label: string } | { kind: "approve" } | { kind: "deny" };

/** How long typed text, a submission and an answer may take to show on the screen; in milliseconds. */
export interface TypingPolicy {
  /** At least this long passes between the last key of a text and the key that submits it. */
  beforeEnterMs: number;
  /** How long a typed text may take to appear; then it is submitted unseen. A program that does not echo costs so long. */
  echoStartMs: number;
  /** The echo has settled when nothing was printed for this long … */
  echoQuietMs: number;
  /** … and this is how long to wait for that at most. */
  echoLimitMs: number;
  /** How long the screen may take to show that a submission was taken, before Enter is pressed again or given up. */
  confirmMs: number;
  /** How long an answered question may stay on the screen, before the answer counts as not taken. */
  answerShowsMs: number;
  /** A longer paste goes as several, for an agent that would not pass it on as it is; absent where it does. */
  pasteLimits?: PasteLimits;
}

/** How much one bracketed paste may hold. */
export interface PasteLimits {
  /** UTF-16 code units, at least 2 */
  characters: number;
  /** line feeds, at least 1 */
  lineBreaks: number;
}

/** What a PTY adapter supplies. Pure: no clock, no state between calls. */
export interface PtyBehaviour {
  readonly policy: TurnPolicy;
  readonly graces: StopGraces;
  readonly typing: TypingPolicy;
  /** What the screen shows; `unclear` when it is not recognised. */
  fromScreen(screen: Screen): ScreenSignal;
  /** The number of the OSC sequence by which the agent reports its state (`Screen.agentReport`), if it does. */
  readonly reportOsc?: number;
  /** The text in the agent's input box (or on the cursor's row); undefined when no box can be seen. */
  draft(screen: Screen): string | undefined;
  /** The keys that put `text` into the input box, without Enter. */
  keysFor(text: string, screen: Screen): readonly Keystroke[];
  /**
   * `certain`: `draft` tells an empty box from one with text, so that only an emptied box is a taken message, and a
   * second Enter is safe while the text is still there.
   */
  readonly inputBox: "certain" | "uncertain";
  /**
   * How the last turn ended when its message stands in the input box again after the agent took it; absent where that
   * says nothing. Needs a `certain` input box.
   */
  readonly returnedDraftMeans?: { outcome: TurnOutcome; detail: string };
  /** The keys that submit the input box; Enter unless given. */
  readonly keysToSubmit?: readonly Keystroke[];
  /** The keys that empty an input box; absent where they are not known. */
  readonly keysToClear?: readonly Keystroke[];
  keysToInterrupt(screen: Screen): readonly Keystroke[];
  keysToStop(screen: Screen): readonly Keystroke[];
  /** What one call of the agent's own hook says. */
  fromHook?(call: HookCall, context: HookContext): HookReading;
  readonly stateFile?: StateFileReader;
  /** The keys that give this answer to the question on the screen; undefined when it does not offer that answer. */
  keysToAnswer?(screen: Screen, answer: ScreenAnswer): readonly Keystroke[] | undefined;
}
