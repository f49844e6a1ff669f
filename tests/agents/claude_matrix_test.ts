/**
 * The matrix: what happens in a session of the real Claude Code, with each of its sources of truth taken away in turn;
 * the next one has to carry it. Every step asserts everything that was told, and the next step begins where it ended.
 */

import { deepEqual, equal, ok } from "../support/assert.ts";
import { type Bench, MODES, openBench, THERE_AND_BACK, turnOf } from "../support/claude_matrix.ts";

const ESCAPE = "\x1b";

interface Scenario {
  name: string;
  play: (bench: Bench) => Promise<void>;
}

/** One message, one turn. */
function turn(name: string, text: string, outcome: "completed" | "failed" = "completed"): Scenario {
  return {
    name,
    play: async (bench) => {
      await bench.send(text);
      await bench.expect({ events: turnOf(bench.mode, text, outcome), path: THERE_AND_BACK });
    },
  };
}

const lastRequest = ({ stage }: Bench) => stage.mock.requests.at(-1);
const timeOf = (bench: Bench, type: string) =>
  Date.parse(bench.all().findLast((event) => event.type === type)?.ts ?? "");

/** Without a hook nobody tells that an answer failed but the screen, in words that a model could use too. */
const TABLE: readonly Scenario[] = [
  {
    name: "boot",
    play: (bench) => bench.expect({ events: ["started"], path: ["prompt"] }),
  },
  turn("idle, a turn, idle", "SAY hello"),
  {
    name: "three seconds of thinking",
    play: async (bench) => {
      await turn("", "DELAY 3 SAY thought").play(bench);
      ok(timeOf(bench, "task_complete") >= (lastRequest(bench)?.answeredAt ?? Infinity), "told before it was so");
    },
  },
  turn("a tool that may run", "SHELL echo hi > tool.txt"),
  {
    name: "a question, answered by its label",
    play: async (bench) => {
      const text = "DELAY 1 ASK";
      await bench.send(text);
      const { choices } = await bench.happens(({ type }) => type === "blocked");
      deepEqual(choices, ["Red", "Blue", "Type something.", "Chat about this"]);
      await bench.stage.answer(0, "answer", "--id", "m1", "--choice", "Blue");
      const [sent = "", begun = "", ended = ""] = turnOf(bench.mode, text);
      const path = ["busy", "blocked", "prompt"];
      await bench.expect({ events: [sent, begun, "blocked on question", ended], path });
      const answered = bench.all().findLast(({ type }) => type === "answered");
      deepEqual([answered?.["on"], answered?.["choice"], answered?.["by"]], ["question", "Blue", "answer"]);
    },
  },
  {
    name: "Esc in the middle of an answer",
    play: async (bench) => {
      const text = "SHELL echo one > one THEN HOLD";
      await bench.send(text);
      await bench.stage.appears("one");
      await bench.shows("● Bash");
      await bench.type(ESCAPE);
      await bench.expect({ events: turnOf(bench.mode, text, "interrupted"), path: THERE_AND_BACK });
    },
  },
  {
    name: "Esc while a tool runs",
    play: async (bench) => {
      const text = "SHELL echo $$ > tool.pid; exec sleep 300";
      await bench.send(text);
      await bench.stage.appears("tool.pid");
      await bench.type(ESCAPE);
      await bench.expect({ events: turnOf(bench.mode, text, "interrupted"), path: THERE_AND_BACK });
    },
  },
  {
    // Claude puts such a message back into its box: that tells the interrupt, and is nobody's draft.
    name: "Esc before anything was answered",
    play: async (bench) => {
      await bench.send("HOLD");
      await bench.shows("esc to interrupt");
      await bench.type(ESCAPE);
      await bench.expect({ events: turnOf(bench.mode, "HOLD", "interrupted"), path: THERE_AND_BACK });
      await bench.send("SAY after it");
      await bench.expect({ events: turnOf(bench.mode, "SAY after it"), path: THERE_AND_BACK });
      equal(lastRequest(bench)?.text, "SAY after it");
    },
  },
  {
    name: "a background shell that outlives the turn and wakes the agent",
    play: async (bench) => {
      const input = { command: "sleep 4; echo woke", run_in_background: true, description: "waits" };
      const text = `TOOL Bash ${JSON.stringify(input)} THEN SAY started`;
      await bench.send(text);
      await bench.expect({ events: turnOf(bench.mode, text), path: THERE_AND_BACK });
      ok(lastRequest(bench)?.text.startsWith("<task-notification>"), "the agent was not woken yet");
    },
  },
  turn("401, tried again", "FAIL 401", "failed"),
  turn("500, tried again", "FAIL 500", "failed"),
  turn("an answer that is cut off", "DROP", "failed"),
  {
    name: "/clear by hand, then a turn",
    play: async (bench) => {
      const begin = bench.all().length;
      await bench.type("/clear");
      await bench.shows("/clear");
      await bench.type("\r");
      await bench.hides("DROP");
      const { message_id: asked } = await bench.send("SAY after it");
      await bench.happens(({ type, message_id }) => type === "task_complete" && message_id === asked);
      // Without its hook it is a race whether the work that clearing takes lasts for long enough to look like a turn.
      const begun = bench.all().slice(begin).filter(({ type }) => type === "turn_started");
      if (bench.mode.hooks === "on") deepEqual(begun.map(({ message_id }) => message_id), [asked]);
    },
  },
];

for (const mode of MODES) {
  Deno.test(`claude, ${mode.name}: what happens is told exactly`, async (t) => {
    await using bench = await openBench(mode);
    for (const { name, play } of TABLE) await t.step(name, () => play(bench));
  });
}
