/**
 * One real Claude Code session in one of the modes of the matrix, and its story so far: what was told, through which
 * states it went, step by step and without gaps.
 */

import { parseEvent, type ReadEvent } from "../../src/model/events.ts";
import type { BootDialog } from "./claude_home.ts";
import {
  type Answer,
  type ClaudeStage,
  PATIENCE_MS,
  setStage,
  type StageOptions,
  type Started,
} from "./claude_session.ts";
import { deepEqual, ok } from "./assert.ts";
import { until } from "./until.ts";
import { within } from "./within.ts";

/** Who can tell what in a mode. */
export interface Mode {
  name: string;
  hooks: "on" | "off";
  stage: StageOptions;
  /** who tells how a turn ended */
  ends: { completed: string; failed: string; interrupted: string };
  /** who may have seen first that a turn began; which one does is a race */
  begins: readonly string[];
}

/** Each takes away one source, so that the next one has to carry what it knew. */
export const MODES: readonly Mode[] = [
  {
    name: "hooks and file",
    hooks: "on",
    stage: {},
    ends: { completed: "hook", failed: "hook", interrupted: "file" },
    begins: ["hook", "file", "screen"],
  },
  {
    name: "hooks disabled",
    hooks: "off",
    stage: { settings: { disableAllHooks: true } },
    ends: { completed: "file", failed: "file", interrupted: "file" },
    begins: ["file", "screen"],
  },
  {
    name: "no session file",
    hooks: "on",
    stage: { sessionFiles: "impossible" },
    ends: { completed: "hook", failed: "hook", interrupted: "screen" },
    begins: ["hook", "screen"],
  },
];

export interface BenchOptions {
  words?: readonly string[];
  settings?: Readonly<Record<string, unknown>>;
  pending?: readonly BootDialog[];
}

export interface Told {
  /** the events but `state`, as a few words each */
  events: readonly string[];
  /** the states one after the other; `busy` after `blocked` is left out, since a refusal may pass through it or not */
  path: readonly string[];
}

export interface Bench extends AsyncDisposable {
  readonly stage: ClaudeStage;
  readonly session: Started;
  readonly mode: Mode;
  /** `send`, as a person would; gives what it printed */
  send(text: string, ...flags: string[]): Promise<Answer>;
  /** Keys, as they are. */
  type(keys: string): Promise<void>;
  /** The next event of the step in progress, past or to come, that passes. */
  happens(test: (event: ReadEvent) => boolean): Promise<ReadEvent>;
  /** Waits until these words stand on the screen. */
  shows(text: string): Promise<void>;
  /** Waits until they do not stand there any more. */
  hides(text: string): Promise<void>;
  /** Ends a step: all that was told since the last one is this and nothing else. */
  expect(told: Told): Promise<void>;
  /** All events so far. */
  all(): readonly ReadEvent[];
}

/** What happens when a message is a turn that ends like this. */
export function turnOf(mode: Mode, text: string, outcome: keyof Mode["ends"] = "completed"): string[] {
  const end = outcome === "completed" ? "task_complete" : "task_failed";
  return [`send ${shorten(text)}`, "turn_started", `${end} ${outcome} by ${mode.ends[outcome]}`];
}

export const THERE_AND_BACK = ["busy", "prompt"] as const;

export async function openBench(mode: Mode, { words = [], settings, pending = [] }: BenchOptions = {}): Promise<Bench> {
  await using cleanup = new AsyncDisposableStack();
  const merged = { ...mode.stage.settings, ...settings };
  const stage = cleanup.use(await setStage({ ...mode.stage, settings: merged, pending }));
  const session = await stage.start("--detach", "m1", ...words);
  const token = String(stage.record("sessions")?.["token"]);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const at = (path: string) => `http://127.0.0.1:${session.port}${path}`;

  const told: ReadEvent[] = [];
  const watchers = new Set<() => void>();
  let stepFrom = 0;
  const leaving = new AbortController();
  const stream = await fetch(at("/events?from=1"), { headers, signal: leaving.signal });
  const following = (async () => {
    for await (const event of eventsOf(stream)) {
      told.push(event);
      for (const look of watchers) look();
    }
  })().catch(() => undefined); // the session ended, or the test
  cleanup.defer(async () => {
    leaving.abort();
    await following;
  });
  const owned = cleanup.move();

  async function when<T>(look: () => T | undefined, what: string): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    const watcher = () => {
      const found = look();
      if (found !== undefined) resolve(found);
    };
    watchers.add(watcher);
    watcher();
    try {
      return await within(PATIENCE_MS, promise, what);
    } catch (cause) {
      throw new Error(`${what}; told: ${JSON.stringify(told.slice(stepFrom))}`, { cause });
    } finally {
      watchers.delete(watcher);
    }
  }

  const screen = async () => await (await fetch(at("/screen?format=text"), { headers })).text();
  return {
    stage,
    session,
    mode,
    send: (text, ...flags) => stage.answer(0, "send", "--id", "m1", "--message", text, ...flags),
    async type(keys) {
      const body = JSON.stringify({ text: keys, newline: false });
      const answer = await fetch(at("/send"), { method: "POST", headers, body });
      ok(answer.ok, await answer.text());
    },
    happens: (test) => when(() => told.slice(stepFrom).find(test), `the event ${test}`),
    shows: async (text) => {
      await until(PATIENCE_MS, async () => (await screen()).includes(text) ? true : undefined, `${text} on the screen`);
    },
    hides: async (text) => {
      await until(
        PATIENCE_MS,
        async () => (await screen()).includes(text) ? undefined : true,
        `a screen without ${text}`,
      );
    },
    async expect(expected) {
      const last = expected.path.at(-1);
      const isOver = () => {
        const now = summarise(told.slice(stepFrom));
        const enough = now.events.length >= expected.events.length;
        return enough && (last === undefined || now.path.at(-1) === last) ? now : undefined;
      };
      const now = await when(isOver, `${JSON.stringify(expected)} was expected`);
      const starts = told.slice(stepFrom).filter(({ type }) => type === "turn_started").map(({ source }) => source);
      stepFrom = told.length;
      deepEqual(now, expected);
      ok(starts.every((source) => mode.begins.includes(String(source))), `begun by ${starts.join(", ")}`);
    },
    all: () => told,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Who answered is looked at apart: `answered` may come before or after what the answer brought about. */
function summarise(events: readonly ReadEvent[]): Told {
  const path: string[] = [];
  for (const { type, to } of events) {
    if (type !== "state") continue;
    if (to === "busy" && path.at(-1) === "blocked") continue;
    // It may be seen taking its box off the screen.
    if (to === "exited" && path.at(-1) === "unknown") path.pop();
    path.push(String(to));
  }
  return { events: events.flatMap((event) => wordsOf(event) ?? []), path };
}

function wordsOf(event: ReadEvent): string | undefined {
  switch (event.type) {
    case "state":
    case "answered":
      return undefined;
    case "send":
      return event["evidence"] === "written verbatim" ? undefined : `send ${shorten(String(event["msg"]))}`;
    case "blocked":
      return `blocked on ${event["on"]}`;
    case "approval":
      return `approval ${event["kind"]} ${event["decision"]}`;
    case "task_complete":
    case "task_failed":
      return `${event.type} ${event["status"]} by ${event["source"]}`;
    case "summary":
      return `summary ${event["exit"]}`;
    case "exited":
      return `exited ${event["code"]} ${event["reason"]}`;
    default:
      return event.type;
  }
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

async function* eventsOf({ body }: Response): AsyncGenerator<ReadEvent> {
  let rest = "";
  for await (const text of (body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = line.startsWith("data: ") ? parseEvent(line.slice("data: ".length)) : undefined;
      if (event !== undefined) yield event;
    }
  }
}
