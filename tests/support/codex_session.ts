/** A real `codex app-server` in a directory of its own, driven by `startRpcAgent` against the mock model. */

import * as assert from "./assert.ts";
import { codex } from "../../src/adapters/codex/codex.ts";
import type { LaunchRequest } from "../../src/adapters/adapter.ts";
import type { Delivery, Message } from "../../src/model/message.ts";
import type { Observation, Signal } from "../../src/model/signal.ts";
import type { AgentProcess } from "../../src/transports/agent_process.ts";
import { startRpcAgent } from "../../src/transports/rpc/rpc_agent.ts";
import type { RpcLimits } from "../../src/transports/rpc/rpc_behaviour.ts";
import { settledWithin } from "../../src/platform/waiting.ts";
import { agentPath } from "../agents/install.ts";
import { spawnPipedForTest, type TestProcess } from "./piped_process.ts";
import { REAL_CLOCK } from "./real_clock.ts";
import { within } from "./within.ts";
import { tempDir } from "./temp.ts";

/** Far beyond anything that Codex does in these tests. */
export const DEADLINE_MS = 30_000;

export const NEVER = new AbortController().signal;

export interface CodexOptions extends Partial<LaunchRequest> {
  /** the mock's address */
  url: string;
  limits?: Partial<RpcLimits>;
  /** of the mock provider, in TOML, after its address */
  provider?: string;
  /** instead of what the adapter plans */
  argv?: readonly string[];
}

export interface CodexSession extends AsyncDisposable {
  agent: AgentProcess;
  process: TestProcess;
  project: string;
  seen: readonly Signal[];
  transcript(): string;
  until<K extends Signal["kind"]>(kind: K): Promise<Extract<Signal, { kind: K }>>;
  send(text: string, more?: Partial<Message>): Promise<Delivery>;
  /** Sends and waits for the turn to end. */
  turn(text: string): Promise<Extract<Signal, { kind: "turn_ended" }>>;
}

export interface CodexPlace extends Disposable {
  home: string;
  project: string;
}

export function makePlace(): CodexPlace {
  const root = tempDir();
  const place = { home: root.join("home"), project: root.join("project") };
  Deno.mkdirSync(`${place.home}/.codex`, { recursive: true });
  Deno.mkdirSync(place.project);
  return { ...place, [Symbol.dispose]: () => root[Symbol.dispose]() };
}

export function startCodex(place: CodexPlace, options: CodexOptions): CodexSession {
  const { url, limits, provider = "", args = [], ...more } = options;
  const extra = provider === "" ? "" : `,${provider}`;
  const request: LaunchRequest = {
    args: [
      ...args,
      "-c",
      "model_provider=mock",
      "-c",
      `model_providers.mock={name="mock",base_url="${url}",wire_api="responses"${extra}}`,
    ],
    cwd: place.project,
    model: "gpt-5.5",
    approvals: "auto",
    trust: false,
    env: {},
    isRoot: false,
    ...more,
  };
  const behaviour = codex.behaviour(request);
  const [, ...planned] = options.argv ?? codex.plan(request).argv;
  const process = spawnPipedForTest([agentPath("codex"), ...planned], {
    cwd: place.project,
    env: { HOME: place.home, CODEX_HOME: `${place.home}/.codex`, PATH: Deno.env.get("PATH") ?? "" },
  });
  const decoder = new TextDecoder();
  let transcript = "";
  const agent = startRpcAgent(process, { ...behaviour, limits: { ...behaviour.limits, ...limits } }, {
    clock: REAL_CLOCK,
    approvals: request.approvals,
    output: (bytes) => transcript += decoder.decode(bytes, { stream: true }),
  });

  const seen: Signal[] = [];
  const unread: Observation[] = [];
  let over = false;
  let changed = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const observation of agent.observations) {
      seen.push(observation.signal);
      unread.push(observation);
      changed.resolve();
      changed = Promise.withResolvers();
    }
    over = true;
    changed.resolve();
  })();

  async function next<K extends Signal["kind"]>(kind: K): Promise<Extract<Signal, { kind: K }>> {
    const isWanted = (signal: Signal): signal is Extract<Signal, { kind: K }> => signal.kind === kind;
    for (;;) {
      for (let each = unread.shift(); each !== undefined; each = unread.shift()) {
        if (isWanted(each.signal)) return each.signal;
      }
      if (over) throw new Error(`codex ended before ${kind}:\n${transcript}`);
      await changed.promise;
    }
  }
  const until = <K extends Signal["kind"]>(kind: K) => within(DEADLINE_MS, next(kind), kind);

  const send = (text: string, message: Partial<Message> = {}) =>
    agent.deliver({ id: "m", text, mode: "submit", force: false, ...message }, { signal: NEVER, onStep: () => {} });

  return {
    agent,
    process,
    project: place.project,
    seen,
    transcript: () => transcript,
    until,
    send,
    async turn(text) {
      await until("ready");
      const delivery = await send(text);
      assert.equal(delivery.kind, "accepted", JSON.stringify(delivery));
      return await until("turn_ended");
    },
    async [Symbol.asyncDispose]() {
      await agent.askToStop(NEVER);
      if (!(await settledWithin(agent.exit, { clock: REAL_CLOCK, ms: 3000 }))) process.kill("SIGKILL");
      await agent.exit;
      await reading;
      await agent[Symbol.asyncDispose]();
    },
  };
}
