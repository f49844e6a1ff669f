/** Faults in how a session is stopped. */

import { inFile, type Mutation } from "./mutation.ts";

export const STOP_MUTATIONS: readonly Mutation[] = [
  ...inFile("src/host/stop/ladder.ts", ["tests/unit/stop_ladder_test.ts", "tests/unit/stop_after_exit_test.ts"], [
    ["an agent that does nothing is interrupted", "if (!deps.isTurnRunning()) return;", ""],
    ["the ladder goes on after the agent's exit", "if (exited.signal.aborted) return;", ""],
    ["every further stop goes up a rung, however soon", "clock.monotonic() - lastRungAt >= RUNG_MIN_MS", "true"],
    [
      "KILL comes without TERM before it",
      'signalAll("SIGTERM"), graceMs: termMs',
      'signalAll("SIGKILL"), graceMs: termMs',
    ],
    ["--kill-after is ignored", "{ askMs: killAfterMs, termMs: killAfterMs }", "agent.graces"],
    [
      "an agent that takes no keys is asked for ever",
      "settledWithin(asked, { clock, ms: ASK_MS, signal: exited.signal })",
      "asked",
    ],
    [
      "a further stop starts a second ladder",
      "if (climbing !== undefined) {",
      "if (climbing === undefined && lastRungAt > 0) {",
    ],
  ]),
  ...inFile("src/host/stop/descendants.ts", ["tests/unit/stop_descendants_test.ts"], [
    ["children of the agent are left", "members.has(row.parent) || ", ""],
    ["tools that left the agent's process group are left", " || row.session === agentPid", ""],
    ["who is gone is killed all the same", "all.filter((_, index) => alive[index])", "all"],
    ["what was seen before the agent's exit is forgotten", "[...listed, ...await survivors()]", "listed"],
    ["processes that carry the session's mark are left", "...marked];", "];"],
    ["a process that ignores TERM is left", 'let left = await signalAll("SIGKILL");', "let left: ProcessRef[] = [];"],
    [
      "a process that will not end holds the stop up for ever",
      "left.length > 0 && clock.monotonic() < endAt",
      "left.length > 0",
    ],
  ]),
];
