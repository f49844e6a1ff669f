/**
 * An agent on a stage, and what a test of the contract of `AgentProcess` does with it.
 */

import type { Delivery, Message, MessageStep } from "../../src/model/message.ts";
import type { Observation, Signal } from "../../src/model/signal.ts";
import type { AgentProcess, DeliverOptions } from "../../src/transports/agent_process.ts";
import type { FakeClock } from "./fake_clock.ts";

/** What the agent on the stage does with the messages that come. */
export type Attitude = "takes" | "refuses" | "is silent";

/** An agent at its prompt, which a test plays. */
export interface Stage {
  agent: AgentProcess;
  clock: FakeClock;
  attitude: (attitude: Attitude) => void;
  /** everything that was written to the agent, as one text */
  written: () => string;
  /** what the agent was asked for, in order */
  heard: () => readonly ("interrupt" | "leave" | "yes" | "no")[];
  /** The agent asks whether it may run a command. */
  ask: () => void;
  /** The agent prints words that go to the transcript. */
  print: (text: string) => void;
  /** the transcript so far */
  printed: () => string;
  /** The process ends; its output stays open until `exit` is called. */
  exitEarly: (code: number) => void;
  exit: (code: number) => void;
}

export interface Transport {
  name: string;
  hasTerminal: boolean;
  /** whether the agent's questions have ids */
  namesQuestions: boolean;
  /** the choices of the question that the stage asks; the first means yes, the last no */
  choices: readonly string[];
  start(): Promise<Stage>;
}

/** Fake time that a promise of a transport may take; more is a hang. */
const PATIENCE_MS = 60_000;
export const STEP_MS = 50;
export const NEVER = new AbortController().signal;

/** A stage whose observations are read. */
export interface Play extends Stage, AsyncDisposable {
  observations: readonly Observation[];
  /** resolves when the observations have ended */
  over: Promise<void>;
  /** Moves the time until this has settled. */
  run<T>(promise: Promise<T>): Promise<T>;
  /** The next signal of this kind, counted from the beginning or from the last call. */
  until<K extends Signal["kind"]>(kind: K): Promise<Extract<Signal, { kind: K }>>;
  deliver(text: string, options?: Partial<DeliverOptions>): { delivery: Promise<Delivery>; steps: MessageStep[] };
}

/** Starts the agent and waits until it is at its prompt. */
export async function begin(transport: Transport): Promise<Play> {
  const stage = await transport.start();
  const { agent, clock } = stage;
  const observations: Observation[] = [];
  const over = (async () => {
    for await (const observation of agent.observations) observations.push(observation);
  })();
  let seen = 0;

  async function run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const watched = promise.finally(() => settled = true);
    watched.catch(() => undefined); // the caller sees it
    for (let spent = 0; !settled; spent += STEP_MS) {
      if (spent > PATIENCE_MS) throw new Error(`it has not settled within ${PATIENCE_MS} ms`);
      await clock.advance(STEP_MS);
    }
    return await watched;
  }

  const play: Play = {
    ...stage,
    observations,
    over,
    run,
    async until(kind) {
      for (let spent = 0; spent <= PATIENCE_MS; spent += STEP_MS) {
        for (let next = observations[seen]; next !== undefined; next = observations[seen]) {
          seen += 1;
          if (isOf(kind, next.signal)) return next.signal;
        }
        await clock.advance(STEP_MS);
      }
      throw new Error(`the agent has not said ${kind} within ${PATIENCE_MS} ms`);
    },
    deliver(text, options = {}) {
      const message: Message = { id: "m", text, mode: "submit", force: false };
      const steps: MessageStep[] = [];
      return {
        delivery: agent.deliver(message, { signal: NEVER, onStep: (step) => steps.push(step), ...options }),
        steps,
      };
    },
    async [Symbol.asyncDispose]() {
      stage.exit(0); // does nothing when it has exited
      await run(agent.exit);
      await run(over);
      await agent[Symbol.asyncDispose]();
    },
  };
  await play.until("ready");
  return play;
}

function isOf<K extends Signal["kind"]>(kind: K, signal: Signal): signal is Extract<Signal, { kind: K }> {
  return signal.kind === kind;
}
