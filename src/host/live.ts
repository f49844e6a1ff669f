/**
 * A running session: mediates between turn engine, inbox, typing gate, viewers and stop. Observations drive the state,
 * the state drives inbox, auto-stop and trust, and every change is an event. The API's operations are offered here.
 */

import { HarnexError } from "../model/errors.ts";
import type { EventBody } from "../model/events.ts";
import type { LaunchSpec } from "../model/launch.ts";
import type { MessageMode } from "../model/message.ts";
import type { RegistryRecord, StatusPayload } from "../model/session.ts";
import type { Signal } from "../model/signal.ts";
import { localIso } from "../model/time.ts";
import type { Platform } from "../platform/platform.ts";
import type { EventLog } from "../store/event_log.ts";
import type { InboxJournal } from "../store/inbox_journal.ts";
import type { Transcript } from "../store/transcript.ts";
import type { AgentAnswer, AgentProcess } from "../transports/agent_process.ts";
import type { SessionApi } from "./api/session_api.ts";
import { statusPayload } from "./api/status.ts";
import { deliverGated, HELD_BY_DRAFT } from "./inbox/gated_delivery.ts";
import { createInbox, type Inbox } from "./inbox/inbox.ts";
import { createTypingGate, type TypingGate } from "./inbox/typing_gate.ts";
import type { Ending } from "./report/verdict.ts";
import { createSessionStop, type SessionStop } from "./stop/session_stop.ts";
import { createEngine, type Engine } from "./turn/engine.ts";
import { explain } from "./turn/explain.ts";
import type { SessionState } from "./turn/session_state.ts";
import { createViewers, type Viewers } from "./viewers.ts";

const MESSAGE_ID_BYTES = 8;

export interface LiveDeps {
  platform: Platform;
  launch: LaunchSpec;
  agent: AgentProcess;
  events: EventLog;
  transcript: Transcript;
  journal: InboxJournal;
  record: RegistryRecord;
  /** Writes the record after a change of it; `status` gives what the session is then. */
  saveRecord: (status: () => StatusPayload) => Promise<void>;
  /** aborted when the session's API closes */
  closing: AbortSignal;
  /** the environment entry that all of the agent's descendants carry */
  marker: string;
}

export interface LiveSession extends Disposable {
  api: Omit<SessionApi, "closing" | "hookToken">;
  stop: Pick<SessionStop, "requested" | "sweep">;
  /** Takes a person's keys. */
  type(bytes: Uint8Array): Promise<void>;
  /**
   * Gives the agent its first task. A task that stood in the agent's command line, started at monotonic time `sentAt`,
   * is only noted: what the agent did since then belongs to it, however late a busy machine lets the host come here.
   */
  begin(context: string, how: { sentAt: number } | "by message"): void;
  /** Notes the agent's own id of the session, which it was started with. */
  noteAgentSession(agentSessionId: string): void;
  /** Runs until the agent has exited; gives the facts for the verdict. */
  run(): Promise<Omit<Ending, "exit">>;
}

export function createLiveSession(deps: LiveDeps): LiveSession {
  const { agent } = deps;
  const ended = new AbortController();
  const parts = createParts(deps, ended.signal);
  const { engine, inbox, gate, stop } = parts;
  const outcome = connectParts(deps, parts);
  const limit = limitRuntime(deps, stop);
  return {
    api: offerApi(deps, parts),
    stop,
    type: async (bytes) => await gate?.type(bytes),
    begin(context, how) {
      if (how === "by message") void inbox.send({ text: context, mode: "submit", force: false });
      else engine.observe({ signal: { kind: "submitted", messageId: "context" }, source: "process", at: how.sentAt });
    },
    noteAgentSession: (agentSessionId) => parts.observe({ kind: "resumable", agentSessionId }),
    async run() {
      for await (const observation of agent.observations) engine.observe(observation);
      await agent.exit;
      ended.abort();
      await inbox.close("the agent exited before it took this message");
      return { state: outcome.lastState, stop: stop.asked, ranOutOfTime: limit.ranOut, turns: outcome.turns };
    },
    [Symbol.dispose]() {
      limit[Symbol.dispose]();
      gate?.[Symbol.dispose]();
      engine[Symbol.dispose]();
    },
  };
}

interface Parts {
  engine: Engine;
  /** Feeds the engine a signal of harnex itself. */
  observe: (signal: Signal) => void;
  stop: SessionStop;
  /** absent for an agent that takes no keys */
  gate: TypingGate | undefined;
  inbox: Inbox;
  viewers: Viewers;
  answer: SessionApi["answer"];
  status: () => StatusPayload;
  advanced: Emitter<{ state: SessionState; happened: readonly EventBody[] }>;
  gateOpened: Emitter<void>;
  delivered: Emitter<{ total: number; at: number }>;
}

/** Creates the parts, each from those before it. A part that acts on an earlier one does so in `connectParts`. */
function createParts(deps: LiveDeps, ended: AbortSignal): Parts {
  const { platform, launch, agent, events } = deps;
  const { clock, processes } = platform;
  const advanced: Parts["advanced"] = createEmitter();
  const gateOpened: Parts["gateOpened"] = createEmitter();
  const delivered: Parts["delivered"] = createEmitter();

  const engine = createEngine({
    clock,
    policy: agent.policy,
    onAdvance: (state, happened) => advanced.emit({ state, happened }),
  });
  const observe = (signal: Signal) => engine.observe({ signal, source: "process", at: clock.monotonic() });
  const stop = createSessionStop({ agent, engine, events, processes, clock, marker: deps.marker, ended });
  const gate = agent.terminal &&
    createTypingGate({ clock, terminal: agent.terminal, onOpen: () => gateOpened.emit(undefined) });
  const gated = { agent, gate, limitMs: launch.inboxTtlMs, calledOff: stop.calledOff };
  const inbox = createInbox({
    clock,
    ttlMs: launch.inboxTtlMs,
    journal: deps.journal,
    newId: () => platform.randomHex(MESSAGE_ID_BYTES),
    emit: (event) => void events.append(event),
    isReadyFor: (mode) => isReadyFor(mode, { engine, stop, gate }),
    whyHeld: () => gate?.isOpen() === false ? HELD_BY_DRAFT : undefined,
    byKeys: agent.terminal !== undefined,
    deliver: (message, options) => deliverGated(gated, message, options),
    onSubmission: observe,
    onDelivered: delivered.emit,
  });
  const sizeFrom = launch.mode === "headless" ? "viewer" : "own";
  const viewers = createViewers({ terminal: agent.terminal, gate, sizeFrom, closing: deps.closing });
  const answer: Parts["answer"] = (reply, by) => answerQuestion(reply, by, { agent, engine, events, ended });
  const status = () =>
    statusPayload({
      ...{ clock, launch, record: deps.record, state: engine.state, inbox, undelivered: deps.journal.undelivered },
      lastOutputAt: deps.transcript.lastAppendAt(),
    });
  return { engine, observe, stop, gate, inbox, viewers, answer, status, advanced, gateOpened, delivered };
}

/** What the verdict needs to know of the turns, as it is now. */
interface TurnsOutcome {
  /** the state just before the agent exited */
  readonly lastState: SessionState;
  readonly turns: number;
}

/** Lets the parts act on each other. */
function connectParts({ launch, events, record, saveRecord }: LiveDeps, parts: Parts): TurnsOutcome {
  const { engine, inbox, stop, answer, status } = parts;
  let lastState = engine.state;
  let turns = 0;

  function followUp(event: EventBody): void {
    if (event.type === "turn_started") {
      turns++;
      if (event.message_id !== undefined) inbox.noteTurn(event.message_id, "turn_started");
    }
    if (event.type === "task_complete" || event.type === "task_failed") {
      if (event.message_id !== undefined) inbox.noteTurn(event.message_id, "turn_ended");
      if (launch.autoStop) void stop.request({ by: "auto-stop" });
    }
    if (event.type === "blocked" && event.on === "trust" && launch.trust) {
      // A refusal leaves the session blocked, as its state says; there is no caller to report it to.
      answer({ decision: "approve" }, "--trust").catch(() => undefined);
    }
  }

  parts.advanced.listen(({ state, happened }) => {
    if (state.agent !== "exited") lastState = state;
    for (const event of happened) {
      events.append(event);
      followUp(event);
    }
    inbox.pump();
  });
  parts.gateOpened.listen(inbox.pump);
  parts.delivered.listen(({ total, at }) => {
    record.last_injected_at = localIso(at);
    record.injected_count = total;
    void saveRecord(status);
  });
  return {
    get lastState() {
      return lastState;
    },
    get turns() {
      return turns;
    },
  };
}

/** What the API's routes may ask of the session. */
function offerApi({ platform, launch, agent, events, record, journal }: LiveDeps, parts: Parts): LiveSession["api"] {
  const { clock } = platform;
  const { engine, inbox, viewers, stop, answer, status } = parts;
  return {
    token: record.token,
    hostname: launch.host,
    inbox,
    undelivered: journal.undelivered,
    events,
    terminal: agent.terminal,
    status,
    attach: viewers.attach,
    stop: stop.request,
    explain: async () =>
      explain(engine.state, { screen: await agent.terminal?.screen(), epochMs: clock.now() - clock.monotonic() }),
    noteWatch: (report) => parts.observe({ kind: "watched", report }),
    answer,
    // Whatever a hook posts, the reply to it must not disturb the agent.
    report: async (body) => await agent.report?.({ body }) ?? {},
  };
}

/** Whether the agent would take a message of this mode now. */
function isReadyFor(mode: MessageMode, { engine, stop, gate }: Pick<Parts, "engine" | "stop" | "gate">): boolean {
  // An agent that is being stopped shows a prompt too, once its turn was interrupted.
  if (stop.requested) return false;
  if (mode === "raw") return true;
  if (gate?.isOpen() === false) return false;
  const { agent } = engine.state;
  return agent === "prompt" || (mode === "enter" && agent === "blocked");
}

/** Answers the open question. Throws `conflict` when there is none, or when it does not offer this answer. */
async function answerQuestion(
  reply: AgentAnswer,
  by: string,
  { agent, engine, events, ended }: Pick<LiveDeps, "agent" | "events"> & { engine: Engine; ended: AbortSignal },
): Promise<{ on: string; choice: string }> {
  const { block } = engine.state;
  if (block === undefined || agent.answer === undefined) throw new HarnexError("conflict", "the agent asks nothing");
  const question = block.questionId === undefined ? {} : { questionId: block.questionId };
  const outcome = await agent.answer({ ...question, ...reply }, ended);
  if (outcome.kind === "refused") {
    const offered = outcome.choices === undefined ? "" : `; it offers: ${outcome.choices.join(" | ")}`;
    throw new HarnexError("conflict", `${outcome.reason}${offered}`);
  }
  events.append({ type: "answered", on: outcome.on, choice: outcome.choice, by });
  return outcome;
}

/** Stops the session after `--max-runtime`. */
function limitRuntime(
  { platform: { clock }, launch: { maxRuntimeMs } }: LiveDeps,
  stop: SessionStop,
): Disposable & { readonly ranOut: boolean } {
  let ranOut = false;
  const cancel = maxRuntimeMs === undefined ? undefined : clock.after(maxRuntimeMs, () => {
    ranOut = true;
    void stop.request({ by: "max-runtime" });
  });
  return {
    get ranOut() {
      return ranOut;
    },
    [Symbol.dispose]: () => cancel?.(),
  };
}

interface Emitter<Value> {
  emit(value: Value): void;
  listen(listener: (value: Value) => void): void;
}

/** Calls its listeners in the order in which they came. */
function createEmitter<Value>(): Emitter<Value> {
  const listeners = new Set<(value: Value) => void>();
  return {
    emit: (value) => listeners.forEach((listener) => listener(value)),
    listen: (listener) => void listeners.add(listener),
  };
}
