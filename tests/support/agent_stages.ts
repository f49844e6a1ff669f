/** A stage for each transport: an agent of few words that the contract of `AgentProcess` is played with. */

import { claude } from "../../src/adapters/claude/claude.ts";
import { codex } from "../../src/adapters/codex/codex.ts";
import { startPtyAgent } from "../../src/transports/pty/pty_agent.ts";
import { startRpcAgent } from "../../src/transports/rpc/rpc_agent.ts";
import type { RpcBehaviour } from "../../src/transports/rpc/rpc_behaviour.ts";
import type { Attitude, Stage, Transport } from "./agent_play.ts";
import { createFakeClock } from "./fake_clock.ts";
import { createFakePtyProcess } from "./fake_pty_process.ts";
import { createFakeRpcProcess, type FakeRpcProcess, type Written } from "./fake_rpc_process.ts";
import { TOY_RPC } from "./toy_rpc.ts";

const COMMAND = "rm -r build";
const SIZE = { rows: 12, columns: 60 };
const RULE = "─".repeat(SIZE.columns);

/** Claude's input box with a text in it, its footer, and the cursor behind the text. */
function boxWith(text: string, footer = "? for shortcuts"): string {
  return `\x1b[H\x1b[2J${RULE}\r\n❯ ${text}\r\n${RULE}\r\n  ${footer}\x1b[2;${3 + text.length}H`;
}

const DIALOG = `\x1b[H\x1b[2J${RULE}\r\n Bash command\r\n\r\n   ${COMMAND}\r\n\r\n Do you want to proceed?\r\n` +
  " ❯ 1. Yes\r\n   2. No\r\n\r\n Esc to cancel\x1b[7;2H";

/** An agent with Claude's interface: draws what is typed, and reacts to Enter, Escape, Ctrl-C and digits. */
async function startTerminalStage(): Promise<Stage> {
  const clock = createFakeClock();
  const heard: ReturnType<Stage["heard"]>[number][] = [];
  let attitude: Attitude = "takes";
  let state: "idle" | "working" | "asking" | "gone" = "idle";
  let draft = "";
  let printed = "";

  const fake = createFakePtyProcess((typed) => {
    if (attitude === "is silent" || state === "gone") return;
    if (state === "asking") return void (/^[12]$/.test(typed) && decide(typed === "1" ? "yes" : "no"));
    if (typed === "\r") return enter();
    if (typed === "\x1b" || typed === "\x03") return void (state === "working" && stopWorking());
    draft += typed;
    draw();
  });

  function draw(): void {
    fake.print(state === "asking" ? DIALOG : boxWith(draft, state === "working" ? "esc to interrupt" : undefined));
  }

  function enter(): void {
    if (draft === "/exit") {
      heard.push("leave");
      return exit(0);
    }
    if (attitude === "refuses") return;
    draft = "";
    state = "working";
    draw();
  }

  function stopWorking(): void {
    heard.push("interrupt");
    state = "idle";
    draw();
  }

  function decide(answer: "yes" | "no"): void {
    heard.push(answer);
    state = "working";
    draw();
  }

  function exit(code: number): void {
    if (state === "gone") return;
    state = "gone";
    fake.exit({ code });
  }

  const agent = await startPtyAgent(fake.process, claude.behaviour, {
    clock,
    size: SIZE,
    output: (bytes) => printed += new TextDecoder().decode(bytes),
    answersQueries: false,
  });
  draw();
  return {
    agent,
    clock,
    attitude: (next) => void (attitude = next),
    written: () => fake.typed.join(""),
    heard: () => heard,
    ask() {
      state = "asking";
      draw();
    },
    print: fake.print,
    printed: () => printed,
    exitEarly: (code) => fake.exitEarly({ code }),
    exit,
  };
}

export const TERMINAL: Transport = {
  name: "terminal",
  hasTerminal: true,
  namesQuestions: false,
  choices: ["Yes", "No"],
  start: startTerminalStage,
};

/** What an agent says in its protocol. */
interface Protocol {
  behaviour: RpcBehaviour;
  /** Replies to what was written, and reports. */
  react(message: Written, to: Reactions): void;
  ask: unknown;
  print(text: string): unknown;
  isYes(result: unknown): boolean;
}

interface Reactions {
  say(message: unknown): void;
  attitude: Attitude;
  hear(what: "interrupt"): void;
}

function startRpcStage({ behaviour, react, ask, print, isYes }: Protocol): Promise<Stage> {
  const clock = createFakeClock();
  const heard: ReturnType<Stage["heard"]>[number][] = [];
  const fake: FakeRpcProcess = createFakeRpcProcess();
  let attitude: Attitude = "takes";
  let hasEnded = false;
  let isGone = false;
  let printed = "";
  const say = (message: unknown) => void fake.say(message);
  const exit = (code: number) => {
    if (isGone) return;
    hasEnded = true;
    isGone = true;
    fake.exit({ code });
  };

  void (async () => {
    try {
      for (;;) {
        const message = await fake.read(() => true);
        if (message.method === undefined) heard.push(isYes(message.result) ? "yes" : "no");
        else react(message, { say, attitude, hear: (what) => void heard.push(what) });
      }
    } catch {
      // the input has ended
    }
  })();
  void fake.inputClosed.then(() => {
    if (hasEnded) return;
    heard.push("leave");
    exit(0);
  });

  const agent = startRpcAgent(fake.process, behaviour, {
    clock,
    approvals: "ask",
    output: (bytes) => printed += new TextDecoder().decode(bytes),
  });
  return Promise.resolve({
    agent,
    clock,
    attitude: (next: Attitude) => void (attitude = next),
    written: () => JSON.stringify(fake.written),
    heard: () => heard,
    ask: () => say(ask),
    print: (text: string) => say(print(text)),
    printed: () => printed,
    exitEarly(code: number) {
      hasEnded = true;
      fake.exitEarly({ code });
    },
    exit,
  });
}

const THREAD = "t-1";
const TURN = { id: "turn-1" };
const REFUSAL = { code: -32600, message: "not now" };

const CODEX_PROTOCOL: Protocol = {
  behaviour: codex.behaviour({ args: [], cwd: "/project", approvals: "ask", trust: false, env: {}, isRoot: false }),
  react({ id, method }, { say, attitude, hear }) {
    if (method === "initialize") return say({ id, result: {} });
    if (method === "thread/start") return say({ id, result: { thread: { id: THREAD }, model: "m" } });
    if (method === "turn/interrupt") {
      hear("interrupt");
      say({ id, result: {} });
      return say({ method: "turn/completed", params: { threadId: THREAD, turn: { ...TURN, status: "interrupted" } } });
    }
    if (method === "thread/backgroundTerminals/list") return say({ id, result: { data: [], nextCursor: null } });
    if (method !== "turn/start" || attitude === "is silent") return;
    if (attitude === "refuses") return say({ id, error: REFUSAL });
    say({ id, result: { turn: TURN } });
    say({ method: "turn/started", params: { threadId: THREAD, turn: TURN } });
  },
  ask: {
    id: 0,
    method: "item/commandExecution/requestApproval",
    params: { threadId: THREAD, turnId: TURN.id, command: COMMAND },
  },
  print: (message) => ({ method: "warning", params: { threadId: THREAD, message } }),
  isYes: (result) => JSON.stringify(result).includes("accept"),
};

export const CODEX: Transport = {
  name: "JSON-RPC, Codex",
  hasTerminal: false,
  namesQuestions: true,
  choices: ["Allow", "Allow for this session", "Deny", "Deny and end the turn"],
  start: () => startRpcStage(CODEX_PROTOCOL),
};

/** The reply to a prompt comes when the turn is over; until then its id is remembered. */
function toyProtocol(): Protocol {
  let prompt: unknown;
  return {
    behaviour: TOY_RPC,
    react({ id, method }, { say, attitude, hear }) {
      if (method === "open") return say({ id, result: {} });
      if (method === "cancel") {
        hear("interrupt");
        return say({ id: prompt, result: { stopReason: "cancelled" } });
      }
      if (method !== "prompt" || attitude === "is silent") return;
      if (attitude === "refuses") return say({ id, error: REFUSAL });
      prompt = id;
      say({ method: "update" });
    },
    ask: { id: 0, method: "permission", params: { command: COMMAND } },
    print: (text) => ({ method: "print", params: { text } }),
    isYes: (result) => JSON.stringify(result).includes("allow"),
  };
}

export const TOY: Transport = {
  name: "JSON-RPC, a reply at the end of a turn",
  hasTerminal: false,
  namesQuestions: true,
  choices: ["Allow", "Deny"],
  start: () => startRpcStage(toyProtocol()),
};
