/**
 * Drives one agent that speaks JSON-RPC on its standard streams: a process and a behaviour in, an `AgentProcess`
 * out. Owns the turn, the open questions and the order of observations. Knows no agent by name.
 */

import type { ApprovalPolicy } from "../../model/session.ts";
import { assertNever } from "../../model/never.ts";
import type { Signal } from "../../model/signal.ts";
import { messageOf } from "../../model/errors.ts";
import type { Clock, PipedProcess } from "../../platform/platform.ts";
import type { AgentAnswer, AgentProcess, AnswerOutcome, ScreenPolicy } from "../agent_process.ts";
import { drainTail } from "./byte_tail.ts";
import { settledWithin } from "../../platform/waiting.ts";
import { createRpcPeer, RpcError, type RpcNotification, type RpcPeer, type RpcRequest } from "../../wire/json_rpc.ts";
import { createObservationQueue } from "../observation_queue.ts";
import type { RpcBehaviour } from "./rpc_behaviour.ts";
import { createDelivery, STOP_TURN_MS } from "./delivery.ts";
import { blockedSignal, createQuestions } from "./questions.ts";
import { createRetryWatch } from "./retries.ts";
import { createTurnTracker } from "./turns.ts";

/** Codex 0.169 answers within 1 s on a loaded machine; thirty times that is broken. */
const REQUEST_DEADLINE_MS = 30_000;
/** The agent's own retries of a failed request take up to 25 s (Codex 0.169); without a network it never gives up. */
const RETRY_STREAK_LIMIT_MS = 5 * 60_000;
/** After the process has ended its pipes are at their end too, unless a helper still holds them. */
const DRAIN_AFTER_EXIT_MS = 1000;
/** Kept of the agent's error output, for the message of a failed start. */
const STDERR_TAIL_BYTES = 64 * 1024;
/** Lines that were no messages and get an event of their own; further ones are only counted. */
const MALFORMED_REPORTED = 20;

/** An agent that leaves this soon, without any turn, never came up. */
const BOOT_MS = 5_000;
/** The protocol says what is so; nothing has to settle. */
const NO_SCREEN: ScreenPolicy = { readySettleMs: 0, settleBy: "verdict", unseenWorkMs: 0, unexplainedWorkMs: 0 };

export interface RpcAgentOptions {
  clock: Clock;
  approvals: ApprovalPolicy;
  /** Takes the text that stands for the agent's screen. */
  output: (bytes: Uint8Array) => void;
  limits?: Partial<RpcLimits>;
}

export interface RpcLimits {
  requestMs: number;
  retryStreakMs: number;
  maxLineBytes: number;
}

/** Starts talking to `process`. Returns at once; `observations` tell when it is ready, or why it never will be. */
export function startRpcAgent(process: PipedProcess, behaviour: RpcBehaviour, options: RpcAgentOptions): AgentProcess {
  const { clock, approvals } = options;
  const limits = { requestMs: REQUEST_DEADLINE_MS, retryStreakMs: RETRY_STREAK_LIMIT_MS, ...options.limits };
  const conversation = behaviour.converse();
  const queue = createObservationQueue();
  const turns = createTurnTracker();
  const questions = createQuestions();
  const encoder = new TextEncoder();
  const stderr = drainTail(process.stderr, STDERR_TAIL_BYTES);
  const disposed = new AbortController();
  let opened: "opening" | "open" | "failed" = "opening";
  let stopping = false;
  let malformed = 0;
  let givenUp: { turnId: string; reason: string } | undefined;

  const retries = createRetryWatch({ clock, limitMs: limits.retryStreakMs, onTooLong: giveTurnUp });
  const peer: RpcPeer = createRpcPeer({
    readable: process.stdout,
    writable: process.stdin,
    clock,
    deadlineMs: limits.requestMs,
    ...(limits.maxLineBytes === undefined ? {} : { maxLineBytes: limits.maxLineBytes }),
    onNotification: readNotification,
    onRequest: takeRequest,
    onMalformed: reportMalformed,
  });
  const opening = open();
  const exit = run();
  const delivery = createDelivery({ peer, conversation, turns, clock, ready: becomesReady });

  async function becomesReady(signal: AbortSignal): Promise<boolean> {
    await settledWithin(opening, { clock, ms: limits.requestMs, signal });
    return opened === "open";
  }

  function observe(signal: Signal, source: "rpc" | "process" = "rpc"): void {
    queue.push({ signal, source, at: clock.monotonic() });
  }

  function write(text: string): void {
    if (text !== "") options.output(encoder.encode(text));
  }

  function reportMalformed(problem: string, excerpt: string): void {
    malformed += 1;
    if (malformed > MALFORMED_REPORTED) return;
    observe({ kind: "item_completed", item: { type: "malformed_line", problem, excerpt } });
    write(`! a line from the agent could not be read: ${problem}\n`);
  }

  async function open(): Promise<void> {
    try {
      const thread = await conversation.open(peer, disposed.signal);
      opened = "open";
      write(thread.transcript);
      thread.signals.forEach((signal) => observe(signal));
      observe({ kind: "ready", label: "prompt" });
    } catch (error) {
      opened = "failed";
      if (stopping) return;
      // An agent that left says why on its error output, which may come after the end of its other stream.
      if (error instanceof RpcError && error.kind === "closed") {
        await settledWithin(stderr.ended, { clock, ms: DRAIN_AFTER_EXIT_MS });
      }
      const message = behaviour.errorText(stderr.text()) || messageOf(error);
      write(`! the agent did not start: ${message}\n`);
      observe({ kind: "disconnected", source: "transport", message });
      await peer.closeWriter();
    }
  }

  async function readNotification(note: RpcNotification): Promise<void> {
    const reading = conversation.read(note);
    write(reading.transcript);
    if (reading.pulse?.kind === "retrying") retries.retrying(reading.pulse.message);
    else if (reading.pulse?.kind === "alive") retries.alive();
    else if (reading.pulse?.kind === "progress") retries.progress();
    reading.signals.forEach(apply);
    if (reading.resolvedRequest !== undefined && questions.remove(reading.resolvedRequest)) showQuestion();
    await queue.room();
  }

  function apply(signal: Signal): void {
    if (signal.kind === "turn_started" && signal.turnId !== undefined) turns.started(signal.turnId);
    if (signal.kind !== "turn_ended") return observe(signal);
    const { turnId } = signal;
    retries.progress();
    questions.clear();
    if (turnId !== undefined) turns.ended(turnId);
    const mine = givenUp !== undefined && givenUp.turnId === turnId ? givenUp : undefined;
    observe(mine === undefined ? signal : { ...signal, outcome: "failed", detail: mine.reason });
    if (mine !== undefined) givenUp = undefined;
    if (turns.state().kind !== "active") observe({ kind: "ready", label: "prompt" });
  }

  async function takeRequest(request: RpcRequest): Promise<void> {
    const answer = conversation.answer(request, approvals);
    switch (answer.kind) {
      case "reply":
        if (answer.note !== undefined) {
          observe({ kind: "approval", ...answer.note, decision: answer.decision, by: "policy" });
        }
        // Not awaited: an agent that writes before it reads must not stop our reading. A broken pipe ends the stream.
        peer.reply(request.id, answer.reply).catch(() => undefined);
        break;
      case "ask": {
        const wasOpen = questions.current() !== undefined;
        if (!questions.add({ id: request.id, question: answer.question })) {
          peer.reply(request.id, { error: { code: -32000, message: "too many open questions" } }).catch(() =>
            undefined
          );
        } else if (!wasOpen) showQuestion();
        break;
      }
      default:
        assertNever(answer);
    }
    await queue.room();
  }

  /** Tells the question that is now the oldest, or that none is left. */
  function showQuestion(): void {
    const current = questions.current();
    if (current !== undefined) return observe(blockedSignal(current));
    const running = turns.state().kind !== "idle";
    observe(running ? { kind: "working", label: "session" } : { kind: "ready", label: "prompt" });
  }

  async function answer(reply: AgentAnswer, signal: AbortSignal): Promise<AnswerOutcome> {
    const pick = questions.pick(reply);
    if (pick.kind === "refused") return pick;
    const { open: { id, question }, choice, decision } = pick;
    questions.remove(id);
    if (question.note !== undefined) {
      observe({ kind: "approval", ...question.note, decision, by: "answer" });
    }
    showQuestion();
    try {
      await peer.reply(id, pick.reply);
    } catch (error) {
      return { kind: "refused", reason: messageOf(error) };
    }
    const state = turns.state();
    const said = reply.message;
    if (said !== undefined && said !== choice && state.kind === "active") {
      // The protocol's answers carry no text; what the answerer says goes into the running turn.
      const steered = peer.request(conversation.steerTurn(state.turnId, said), { signal });
      await steered.catch((error) => write(`! the answer's message was not taken: ${messageOf(error)}\n`));
    }
    return { kind: "answered", on: question.on, choice };
  }

  function giveTurnUp(message: string, lastedMs: number): void {
    const state = turns.state();
    const reason = `the agent kept retrying for ${Math.round(lastedMs / 1000)} s: ${message}`;
    if (state.kind === "active") givenUp = { turnId: state.turnId, reason };
    observe({ kind: "disconnected", source: "error_notification", message: reason });
    write(`! ${reason}; the turn is interrupted\n`);
    delivery.interrupt(disposed.signal).catch(() => undefined);
  }

  async function askToStop(signal: AbortSignal): Promise<void> {
    stopping = true;
    if (turns.state().kind !== "idle") {
      // What counts is that the turn ends, not that the request is answered.
      delivery.interrupt(signal).catch(() => undefined);
      await delivery.turnOver({ ms: STOP_TURN_MS, signal });
    }
    await settledWithin(peer.closeWriter(), { clock, ms: DRAIN_AFTER_EXIT_MS, signal });
  }

  async function run(): Promise<Awaited<typeof process.exit>> {
    const streamEnded = peer.closed.then(() => "stream" as const);
    const first = await Promise.race([process.exit.then(() => "exit" as const), streamEnded]);
    if (first === "stream" && !(await settledWithin(process.exit, { clock, ms: DRAIN_AFTER_EXIT_MS })) && !stopping) {
      observe({ kind: "disconnected", source: "transport", message: "the agent closed its output but still runs" });
      stopping = true;
      await settledWithin(peer.closeWriter(), { clock, ms: DRAIN_AFTER_EXIT_MS });
    }
    const ended = await process.exit;
    // A wrapper may be gone while what it wrapped still reads: this ends it too.
    await settledWithin(peer.closeWriter(), { clock, ms: DRAIN_AFTER_EXIT_MS });
    const drained = Promise.all([peer.closed, stderr.ended]);
    if (!(await settledWithin(drained, { clock, ms: DRAIN_AFTER_EXIT_MS }))) {
      await Promise.all([peer.abandon(), stderr.abandon()]);
    }
    await opening;
    retries.progress();
    if (turns.state().kind !== "idle" && !stopping) {
      const message = behaviour.errorText(stderr.text()) || "the agent ended in the middle of a turn";
      observe({ kind: "disconnected", source: "transport", message });
      write(`! ${message}\n`);
    }
    turns.lost();
    questions.clear();
    observe({ kind: "exited" }, "process");
    queue.end();
    return ended;
  }

  return {
    pid: process.pid,
    observations: queue.observations,
    exit,
    graces: behaviour.graces,
    policy: NO_SCREEN,
    bootMs: BOOT_MS,
    stopAnswer: "interrupt_sent",
    deliver: delivery.deliver,
    interrupt: delivery.interrupt,
    askToStop,
    answer,
    async [Symbol.asyncDispose]() {
      stopping = true;
      disposed.abort();
      retries.progress();
      queue.end();
      await settledWithin(peer.closeWriter(), { clock, ms: DRAIN_AFTER_EXIT_MS });
      await Promise.all([peer.abandon(), stderr.abandon()]);
    },
  };
}
