import { explain } from "../../src/host/turn/explain.ts";
import { initialState, type SessionState } from "../../src/host/turn/session_state.ts";
import { advance } from "../../src/host/turn/state.ts";
import { usageFromTranscript } from "../../src/adapters/claude/usage.ts";
import type { Observation } from "../../src/model/signal.ts";
import { deepEqual, equal } from "../support/assert.ts";

const POLICY = { readySettleMs: 250, settleBy: "verdict", unseenWorkMs: 2_500, unexplainedWorkMs: 500 } as const;

function after(...observations: readonly Observation[]): SessionState {
  return observations.reduce((state, observation) => advance(state, observation, POLICY).state, initialState(0));
}

Deno.test("explain() names the source that decided, and the weaker one that disagrees", () => {
  const state = after(
    { at: 900, source: "process", signal: { kind: "submitted", messageId: "m1" } },
    { at: 1_000, source: "file", signal: { kind: "working", label: "session" } },
    { at: 2_000, source: "screen", signal: { kind: "ready", label: "prompt" } },
  );
  deepEqual(explain(state, { screen: undefined, epochMs: 0 }), {
    agent_state: "busy",
    input_state: "session",
    since: "1970-01-01T00:00:00.900Z",
    source: "process",
    turn: { message_id: "m1", since: "1970-01-01T00:00:00.900Z", source: "file", expected: false },
    blocked: null,
    evidence: [
      {
        source: "file",
        says: "working (session)",
        since: "1970-01-01T00:00:01.000Z",
        last: "1970-01-01T00:00:01.000Z",
        agrees: true,
      },
      {
        source: "screen",
        says: "ready (prompt)",
        since: "1970-01-01T00:00:02.000Z",
        last: "1970-01-01T00:00:02.000Z",
        agrees: false,
      },
    ],
    screen: [],
  });
});

Deno.test("explain() shows the open question", () => {
  const question = { on: "permission", label: "permission", detail: "Run it?", choices: ["Yes", "No"] } as const;
  const state = after({ at: 1, source: "screen", signal: { kind: "blocked", ...question } });
  deepEqual(explain(state, { screen: undefined, epochMs: 0 }).blocked, {
    on: "permission",
    detail: "Run it?",
    choices: ["Yes", "No"],
  });
});

Deno.test("usageFromTranscript() counts every answer once, by its last line", () => {
  const answer = (id: string, output: number) =>
    JSON.stringify({
      type: "assistant",
      message: { id, usage: { input_tokens: 11, cache_read_input_tokens: 7, output_tokens: output } },
    });
  const text = [answer("a", 1), answer("a", 9), '{"type":"user"}', "torn {", answer("b", 5), ""].join("\n");
  deepEqual(usageFromTranscript(text), {
    inputTokens: 36,
    outputTokens: 14,
    reasoningTokens: null,
    cachedTokens: 14,
    totalTokens: 50,
  });
  equal(usageFromTranscript('{"type":"user"}\n'), undefined);
});
