/**
 * Plays a recorded JSON-RPC conversation to `startRpcAgent`: the recorded agent speaks, the recorded client's calls
 * become calls of `AgentProcess`. What harnex makes of it comes back as one value.
 */

import type { ApprovalPolicy } from "../../src/model/session.ts";
import type { Delivery } from "../../src/model/message.ts";
import type { Observation } from "../../src/model/signal.ts";
import type { AnswerOutcome } from "../../src/transports/agent_process.ts";
import { startRpcAgent } from "../../src/transports/rpc/rpc_agent.ts";
import type { RpcBehaviour, RpcLimits } from "../../src/transports/rpc/rpc_behaviour.ts";
import { createFakeRpcProcess, type Written } from "./fake_rpc_process.ts";
import { createFakeClock } from "./fake_clock.ts";

export interface Entry {
  ms: number;
  dir: string;
  msg: Readonly<Record<string, unknown>> | string;
}

export interface PlayOptions {
  behaviour: RpcBehaviour;
  approvals: ApprovalPolicy;
  limits?: Partial<RpcLimits>;
  /** the choice for each question, in order, under `ask` */
  choices?: readonly string[];
  /** the clock moves as in the recording; else it stands still */
  timed?: boolean;
  /** cuts what the agent writes into other pieces */
  chunk?: (bytes: Uint8Array) => Iterable<Uint8Array>;
}

export interface Played {
  /** without their times, which depend on how the test is scheduled */
  observations: readonly Omit<Observation, "at">[];
  transcript: readonly string[];
  deliveries: readonly Delivery[];
  steps: readonly string[];
  /** what the agent was answered */
  replies: readonly Written[];
  answers: readonly AnswerOutcome[];
  exit: unknown;
}

export function parseRecording(text: string): Entry[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** The text of a recorded turn/start or turn/steer. */
function inputOf(message: Readonly<Record<string, unknown>>): string {
  const params = { input: [{ text: "" }], ...(message.params ?? {}) };
  return params.input.map((part) => part.text).join("\n");
}

export async function play(entries: readonly Entry[], options: PlayOptions): Promise<Played> {
  const fake = createFakeRpcProcess();
  const clock = createFakeClock(0);
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const never = new AbortController().signal;
  const ids = new Map<unknown, unknown>();
  const deliveries: Promise<Delivery>[] = [];
  const steps: string[] = [];
  const replies: Written[] = [];
  const answers: AnswerOutcome[] = [];
  const observations: Observation[] = [];
  const choices = [...(options.choices ?? [])];
  let transcript = "";
  let ready = 0;
  let changed = Promise.withResolvers<void>();

  const limits = { ...options.behaviour.limits, ...options.limits };
  const agent = startRpcAgent(fake.process, { ...options.behaviour, limits }, {
    clock,
    approvals: options.approvals,
    output: (bytes) => transcript += decoder.decode(bytes, { stream: true }),
  });
  const reading = (async () => {
    for await (const observation of agent.observations) {
      observations.push(observation);
      if (observation.signal.kind === "ready") ready += 1;
      changed.resolve();
      changed = Promise.withResolvers();
    }
    changed.resolve();
  })();

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await changed.promise;
  }

  async function say(message: unknown): Promise<void> {
    const bytes = encoder.encode(JSON.stringify(message) + "\n");
    for (const piece of options.chunk?.(bytes) ?? [bytes]) await fake.sayBytes(piece);
  }

  async function client(message: Readonly<Record<string, unknown>>): Promise<void> {
    const { method, id } = message;
    if (method === undefined) {
      const choice = choices.shift();
      if (choice !== undefined) {
        await until(() => observations.at(-1)?.signal.kind === "blocked");
        answers.push(await agent.answer?.({ choice }, never) ?? { kind: "refused", reason: "no answer method" });
      }
      replies.push(await fake.read((sent) => sent.method === undefined && sent.id === id));
      return;
    }
    const text = inputOf(message);
    const deliver = (force: boolean) => {
      const name = `m${deliveries.length + 1}`;
      const onStep = (step: string, evidence?: string) =>
        steps.push(`${name}: ${step}${evidence ? ` (${evidence})` : ""}`);
      deliveries.push(agent.deliver({ id: name, text, mode: "submit", force }, { signal: never, onStep }));
    };
    switch (method) {
      case "initialize":
      case "thread/start":
      case "thread/resume":
        break;
      case "turn/start":
        // As a session does: the next message waits until the turn before it is over.
        await until(() => ready > deliveries.length);
        deliver(false);
        break;
      case "turn/steer":
        deliver(true);
        break;
      case "turn/interrupt":
        agent.interrupt(never);
        break;
      default:
        return;
    }
    const sent = await fake.read((each) => each.method === method);
    ids.set(id, sent.id);
  }

  for (const { ms, dir, msg } of entries) {
    if (options.timed === true) await clock.advance(Math.max(0, ms - clock.now()));
    if (dir === "stderr") fake.sayOnStderr(`${msg}\n`);
    else if (typeof msg === "string") continue;
    else if (dir === ">") await client(msg);
    else if (dir === "<" && msg.method !== undefined) await say(msg);
    else if (dir === "<" && ids.has(msg.id)) await say({ ...msg, id: ids.get(msg.id) });
    else if (dir === "exit") fake.exit({ code: typeof msg.code === "number" ? msg.code : 137 });
  }
  const exit = await agent.exit;
  await reading;
  return {
    observations: observations.map(({ signal, source }) => ({ signal, source })),
    transcript: transcript.split("\n"),
    deliveries: await Promise.all(deliveries),
    steps,
    replies,
    answers,
    exit,
  };
}
