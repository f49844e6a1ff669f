/**
 * A message to a terminal agent whose input box can be read: no Enter before the text is there, and no "taken" before
 * the box is empty.
 */

import { claude } from "../../src/adapters/claude/claude.ts";
import type { Delivery, Message, MessageMode, MessageStep } from "../../src/model/message.ts";
import { createGenericAdapter } from "../../src/adapters/generic.ts";
import type { PtyBehaviour } from "../../src/transports/agent_process.ts";
import { startPtyAgent } from "../../src/transports/pty/pty_agent.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createFakePtyProcess } from "../support/fake_pty_process.ts";

const SIZE = { rows: 10, columns: 40 };
const RULE = "─".repeat(SIZE.columns);
const NEVER = new AbortController().signal;

/** Claude's input box with this text in it, its footer, and the cursor behind the text. */
function box(text: string, footer = "? for shortcuts"): string {
  return `\x1b[H${RULE}\r\n❯ ${text}\x1b[K\r\n${RULE}\r\n  ${footer}\x1b[K\x1b[2;${3 + text.length}H`;
}

async function bench(behaviour: PtyBehaviour = claude.behaviour) {
  const clock = createFakeClock();
  const fake = createFakePtyProcess();
  const agent = await startPtyAgent(fake.process, behaviour, {
    clock,
    size: SIZE,
    output: () => {},
    answersQueries: false,
  });
  const show = async (screen: string) => {
    fake.print(screen);
    await clock.advance(20); // a frame, so that it is read
  };
  const stopping = new AbortController();
  await show(behaviour === claude.behaviour ? box("") : "> ");
  return {
    clock,
    typed: fake.typed,
    show,
    deliver(text: string, mode: MessageMode = "submit") {
      const message: Message = { id: "m1", text, mode, force: false };
      const steps: MessageStep[] = [];
      const delivery = agent.deliver(message, {
        signal: NEVER,
        calledOff: stopping.signal,
        onStep: (step) => void steps.push(step),
      });
      return { steps, delivery };
    },
    stop() {
      stopping.abort();
      return agent.askToStop(NEVER);
    },
    async [Symbol.asyncDispose]() {
      fake.exit({ code: 0 });
      await clock.advance(0);
      await agent[Symbol.asyncDispose]();
    },
  };
}

const kindOf = async (delivery: Promise<Delivery>) => {
  const outcome = await delivery;
  return outcome.kind === "accepted" ? outcome.evidence : outcome.kind;
};

Deno.test("deliver() presses Enter only when the text is in the box, however late", async () => {
  await using agent = await bench();
  const { delivery, steps } = agent.deliver("hello");
  await agent.clock.advance(900);
  deepEqual([agent.typed, steps], [["hello"], ["typed"]]);
  await agent.show(box("hello"));
  await agent.clock.advance(100);
  deepEqual([agent.typed, steps], [["hello", "\r"], ["typed", "submitted"]]);
  await agent.show(box(""));
  equal(await kindOf(delivery), "screen: the draft was taken");
});

Deno.test("deliver() does not take a late echo for an accepted message, and presses Enter again", async () => {
  await using agent = await bench();
  const { delivery } = agent.deliver("hello");
  await agent.clock.advance(4_000);
  deepEqual(agent.typed, ["hello", "\r"]);
  await agent.show(box("hello"));
  await agent.clock.advance(2_000);
  deepEqual(agent.typed, ["hello", "\r", "\r"]);
  await agent.show(box("", "esc to interrupt"));
  equal(await kindOf(delivery), "screen: working");
});

Deno.test("deliver() does not take a box that still holds text for an accepted message", async () => {
  await using agent = await bench();
  const { delivery } = agent.deliver("hello");
  await agent.show(box("hello"));
  await agent.clock.advance(200);
  await agent.show(box("hell"));
  await agent.clock.advance(5_000);
  deepEqual(agent.typed, ["hello", "\r", "\r"]);
  equal(await kindOf(delivery), "not_taken");
});

Deno.test("deliver() of Enter alone is not_taken when the box is empty and nothing begins", async () => {
  await using agent = await bench();
  const { delivery } = agent.deliver("", "enter");
  await agent.show(box("", "a tip"));
  await agent.clock.advance(5_000);
  equal(await kindOf(delivery), "not_taken");
});

Deno.test("askToStop() calls off what is being typed, and does not merge it with its own words", async () => {
  await using agent = await bench(createGenericAdapter("lines").behaviour);
  const { delivery, steps } = agent.deliver("hello");
  await agent.clock.advance(20);
  const stopped = agent.stop();
  await agent.show("hello"); // the echo comes late
  await agent.clock.advance(1_000);
  await stopped;
  deepEqual(agent.typed, ["hello", "\x15", "/exit", "\r"]);
  deepEqual([await kindOf(delivery), steps], ["not_taken", ["typed"]]);
  equal(await kindOf(agent.deliver("more").delivery), "refused");
});

Deno.test("askToStop() waits for the outcome of an Enter that was already pressed", async () => {
  await using agent = await bench(createGenericAdapter("lines").behaviour);
  const { delivery } = agent.deliver("hello");
  await agent.show("hello");
  await agent.clock.advance(200);
  const stopped = agent.stop();
  await agent.clock.advance(200);
  deepEqual(agent.typed, ["hello", "\r"]);
  await agent.show("\r\nok\r\n> ");
  equal(await kindOf(delivery), "screen: the draft was taken");
  await agent.clock.advance(1_000);
  await stopped;
  deepEqual(agent.typed, ["hello", "\r", "/exit", "\r"]);
});
