/**
 * A running session: observations drive the state, the state drives inbox, auto-stop and trust, and every change is
 * an event. What the API offers is offered here.
 */

import { HarnexError } from "../model/errors.ts";
import type { EventBody } from "../model/events.ts";
import type { LaunchSpec } from "../model/launch.ts";
import type { RegistryRecord } from "../model/session.ts";
import type { Delivery, Message } from "../model/message.ts";
import type { Signal } from "../model/signal.ts";
import { localIso } from "../model/time.ts";
import type { Platform, Socket } from "../platform/platform.ts";
import type { EventLog } from "../store/event_log.ts";
import type { InboxJournal } from "../store/inbox_journal.ts";
import type { Transcript } from "../store/transcript.ts";
import type { AgentAnswer, AgentProcess, DeliverOptions } from "../transports/agent_process.ts";
import type { SessionApi, Viewer } from "./api/routes.ts";
import { serveViewer, VIEWER_LIMIT } from "./api/viewer.ts";
import { createEngine } from "./turn/engine.ts";
import { explain } from "./turn/explain.ts";
import { createInbox } from "./inbox/inbox.ts";
import { createTypingGate } from "./inbox/typing_gate.ts";
import { initialState, type SessionState } from "./turn/session_state.ts";
import { statusPayload } from "./api/status.ts";
import { createStopLadder, type StopLadder, type StopSignal } from "./stop/ladder.ts";
import type { Ending } from "./report/verdict.ts";

const MESSAGE_ID_BYTES = 8;
/** WebSocket close code "try again later". */
const TRY_LATER = 1013;

export interface LiveDeps {
  platform: Platform;
  launch: LaunchSpec;
  agent: AgentProcess;
  events: EventLog;
  transcript: Transcript;
  journal: InboxJournal;
  record: RegistryRecord;
  /** called after each change of the record */
  saveRecord: () => Promise<void>;
  /** aborted when the session's API closes */
  closing: AbortSignal;
  /** the environment entry that all of the agent's descendants carry */
  marker: string;
}

export interface LiveSession extends Disposable {
  api: Omit<SessionApi, "closing" | "hookToken">;
  stopper: StopLadder;
  /** Takes a person's keys. */
  type(bytes: Uint8Array): Promise<void>;
  /**
   * Gives the agent its first task; one that its own command line did give, at monotonic time `sentAt`, is only noted.
   * What the agent did since then belongs to that task, however late a busy machine lets us come here.
   */
  begin(context: string, how: { sentAt: number } | "by message"): void;
  /** The agent's own name of its session, which it was started with. */
  name(agentSessionId: string): void;
  /** Runs until the agent has exited; gives what the account needs to know. */
  run(): Promise<Omit<Ending, "exit">>;
}

export function createLiveSession(deps: LiveDeps): LiveSession {
  const { platform, launch, agent, events, transcript, record } = deps;
  const { clock } = platform;
  let turns = 0;
  let stop: Ending["stop"] = "not_asked";
  let ranOutOfTime = false;
  let lastState: SessionState = initialState(clock.monotonic());

  const engine = createEngine({
    clock,
    policy: agent.policy,
    onAdvance: (state, happened) => {
      if (state.agent !== "exited") lastState = state;
      for (const event of happened) {
        events.append(event);
        followUp(event);
      }
      inbox.pump();
    },
  });

  function followUp(event: EventBody): void {
    if (event.type === "turn_started") {
      turns++;
      if (event.message_id !== undefined) inbox.noteTurn(event.message_id, "turn_started");
    }
    if (event.type === "task_complete" || event.type === "task_failed") {
      if (event.message_id !== undefined) inbox.noteTurn(event.message_id, "turn_ended");
      if (launch.autoStop) void requestStop({ by: "auto-stop" });
    }
    if (event.type === "blocked" && event.on === "trust" && launch.trust) {
      // A refusal leaves the session blocked, as its state says; there is nobody to tell besides.
      answer({ decision: "approve" }, "--trust").catch(() => undefined);
    }
  }

  function observe(signal: Signal): void {
    engine.observe({ signal, source: "process", at: clock.monotonic() });
  }

  const inbox = createInbox({
    clock,
    ttlMs: launch.inboxTtlMs,
    journal: deps.journal,
    newId: () => platform.randomHex(MESSAGE_ID_BYTES),
    emit: (event) => void events.append(event),
    isReadyFor: (mode) => {
      const { agent: state } = engine.state;
      // An agent that is being stopped shows a prompt too, once its turn was interrupted.
      if (stopper.requested) return false;
      if (mode !== "raw" && gate?.isOpen() === false) return false;
      return state === "prompt" || mode === "raw" || (mode === "enter" && state === "blocked");
    },
    whyHeld: () => gate?.isOpen() === false ? "a person's draft is in the input box" : undefined,
    byKeys: agent.terminal !== undefined,
    deliver,
    onSubmission: observe,
    onDelivered: ({ total, at }) => {
      record.last_injected_at = localIso(at);
      record.injected_count = total;
      void deps.saveRecord();
    },
  });

  const gate = agent.terminal && createTypingGate({ clock, terminal: agent.terminal, onOpen: () => inbox.pump() });

  const stopping = new AbortController();

  /** Also a forced message waits for the person's draft, and keeps their keys out of its own text. */
  async function deliver(message: Message, { signal, onStep }: DeliverOptions): Promise<Delivery> {
    const options = { signal, calledOff: stopping.signal, onStep };
    if (gate === undefined) return await agent.deliver(message, options);
    const untilStop = AbortSignal.any([signal, stopping.signal]);
    if (!(await gate.untilOpen({ limitMs: launch.inboxTtlMs, signal: untilStop })) && !untilStop.aborted) {
      return { kind: "refused", reason: "a person's draft is in the input box" };
    }
    using _keys = gate.holdKeys();
    return await agent.deliver(message, options);
  }

  let viewers = 0;
  async function attach(socket: Socket, { mode, size }: Viewer): Promise<void> {
    const { terminal } = agent;
    if (terminal === undefined || viewers >= VIEWER_LIMIT) return socket.close(TRY_LATER, "too many viewers");
    viewers++;
    try {
      const writes = mode === "write" && gate !== undefined;
      await serveViewer(socket, {
        terminal,
        ...(writes ? { type: gate.type } : {}),
        // A foreground or tmux session has a terminal of its own, which gives the size.
        ...(writes && launch.mode === "headless" ? { resize: terminal.resize, size } : {}),
        signal: deps.closing,
      });
    } finally {
      viewers--;
    }
  }

  const stopper = createStopLadder({
    agent,
    processes: platform.processes,
    clock,
    marker: deps.marker,
    isTurnRunning: () => engine.state.turn !== undefined,
    untilTurnEnds: async (limitMs) => void await engine.until((state) => state.turn === undefined, limitMs),
  });

  /** aborted when the agent has exited and all that it did has been taken note of */
  const ending = new AbortController();
  async function requestStop({ by, killAfterMs }: { by: string; killAfterMs?: number }): Promise<StopSignal> {
    // It has ended, and is being accounted for.
    if (ending.signal.aborted) return "already_requested";
    if (!stopper.requested) {
      stop = engine.state.turn === undefined && engine.state.agent !== "blocked" ? "asked_when_idle" : "asked_in_turn";
      events.append({ type: "stop_requested", signal: agent.stopAnswer, by });
      stopping.abort();
    }
    return await stopper.request(killAfterMs === undefined ? {} : { killAfterMs });
  }

  async function answer(reply: AgentAnswer, by: string) {
    const { block } = engine.state;
    if (block === undefined || agent.answer === undefined) throw new HarnexError("conflict", "the agent asks nothing");
    const question = block.questionId === undefined ? {} : { questionId: block.questionId };
    const outcome = await agent.answer({ ...question, ...reply }, ending.signal);
    if (outcome.kind === "refused") {
      const offered = outcome.choices === undefined ? "" : `; it offers: ${outcome.choices.join(" | ")}`;
      throw new HarnexError("conflict", `${outcome.reason}${offered}`);
    }
    events.append({ type: "answered", on: outcome.on, choice: outcome.choice, by });
    return outcome;
  }

  const cancelTimeout = launch.maxRuntimeMs === undefined ? () => {} : clock.after(launch.maxRuntimeMs, () => {
    ranOutOfTime = true;
    void requestStop({ by: "max-runtime" });
  });

  return {
    api: {
      token: record.token,
      hostname: launch.host,
      inbox,
      undelivered: deps.journal.undelivered,
      events,
      terminal: agent.terminal,
      status: () =>
        statusPayload({
          clock,
          launch,
          record,
          state: engine.state,
          inbox,
          undelivered: deps.journal.undelivered,
          lastOutputAt: transcript.lastAppendAt(),
        }),
      attach,
      stop: requestStop,
      explain: async () =>
        explain(engine.state, { screen: await agent.terminal?.screen(), epochMs: clock.now() - clock.monotonic() }),
      noteWatch: (report) => observe({ kind: "watched", report }),
      answer,
      // Whatever a hook posts, its agent must not be disturbed by the answer.
      report: async (body) => await agent.report?.({ body }) ?? {},
    },
    stopper,
    type: async (bytes) => await gate?.type(bytes),
    begin(context, how) {
      if (how !== "by message") {
        engine.observe({ signal: { kind: "submitted", messageId: "context" }, source: "process", at: how.sentAt });
      } else void inbox.send({ text: context, mode: "submit", force: false });
    },
    name: (agentSessionId) => observe({ kind: "resumable", agentSessionId }),
    async run() {
      for await (const observation of agent.observations) engine.observe(observation);
      await agent.exit;
      ending.abort();
      await inbox.close("the agent exited before it took this message");
      return { state: lastState, stop, ranOutOfTime, turns };
    },
    [Symbol.dispose]() {
      cancelTimeout();
      gate?.[Symbol.dispose]();
      engine[Symbol.dispose]();
    },
  };
}
