/** Faults in what is believed about an agent: evidence, turns, questions, the verdict on the work. */

import { inFile, type Mutation } from "./mutation.ts";

const STATE = ["tests/unit/state_test.ts", "tests/unit/state_order_test.ts", "tests/unit/turn_sources_test.ts"];

export const TURN_MUTATIONS: readonly Mutation[] = [
  ...inFile("src/host/turn/evidence.ts", STATE, [
    [
      "the weakest source counts as the strongest",
      "return SIGNAL_SOURCES.indexOf(source);",
      "return -SIGNAL_SOURCES.indexOf(source);",
    ],
    [
      "what a source goes on saying begins anew each time",
      "previous?.level.kind === level.kind ? previous.since : at",
      "at",
    ],
    [
      "a source that reported a turn's end still means its work",
      'kind !== "working" && kind !== "blocked"',
      'kind !== "blocked"',
    ],
    [
      "work seen while a turn ends counts as the next turn",
      "{ ...evidence, since: at } : evidence",
      "evidence : evidence",
    ],
    ["a source that cannot tell silences the weaker ones", 'evidence.level.kind !== "unclear"', "true"],
  ]),
  ...inFile("src/host/turn/turn.ts", STATE, [
    ["any source may end any turn", 'rank(source) <= rank(turn.source) || turn.source === "hook"', "true"],
    ["an agent at its prompt never ends a turn that a hook began", ' || turn.source === "hook"', ""],
    ["an interrupt that no hook reports is a completed turn", 'if (turn.source === "hook") return UNREPORTED_END;', ""],
    [
      "an interrupted turn is a completed task",
      'return end.outcome === "completed"',
      'return end.outcome !== "failed"',
    ],
    [
      "a submitted message counts as a turn that runs",
      "startedAt: at, expected: true",
      "startedAt: at, expected: false",
    ],
    [
      "the end of a turn names no message",
      "...(turn?.messageId === undefined ? {} : { message_id: turn.messageId }),",
      "",
    ],
  ]),
  ...inFile("src/host/turn/state.ts", STATE, [
    ["signals after the exit change the state", 'if (state.agent === "exited") return { state, events: [] };', ""],
    [
      "a turn is announced before its message is known to be taken",
      "next.turn?.expected === false && !next.turn.awaitsVerdict",
      "next.turn?.expected === false",
    ],
    [
      "a blocked agent may be typed to",
      'agent === "blocked" || agent === "exited" ? false',
      'agent === "exited" ? false',
    ],
    ["the same state is told again and again", "if (before.agent !== agent) {", "if (before.agent !== undefined) {"],
    ["a prompt is believed before it has held still", "if (at < readyAt) {", "if (at < -readyAt) {"],
    [
      "a prompt that may still change is called a prompt",
      'level?.kind === "ready" && next.recheckAt === undefined',
      'level?.kind === "ready"',
    ],
    ["one question is told again and again", "if (!same) events.push", "events.push"],
    ["a hook's announcement ends the turn at once", "ending.at + step.policy.reports.endingMs", "ending.at"],
  ]),
  ...inFile("src/host/turn/learn.ts", STATE, [
    ["an answer to a question starts a turn", 'if (next.agent !== "blocked") next.turn ??=', "next.turn ??="],
    ["a message that joins a turn takes its place", "next.turn ??= expectedTurn", "next.turn = expectedTurn"],
    ["a message that was taken begins the turn of another", "if (next.turn?.messageId !== messageId) return;", ""],
    [
      "a message that was not taken leaves its turn open",
      "if (next.turn.expected) delete next.turn;",
      "if (!next.turn.expected) delete next.turn;",
    ],
    ["any source may report the end of any turn", "if (!mayEnd(next.turn, source)) return;", ""],
  ]),
  ...inFile("src/host/turn/ready.ts", STATE, [
    [
      "what a source said before a turn ends that turn",
      "evidence.since > turn.startedAt ? evidence.since : Infinity",
      "evidence.since",
    ],
    [
      "the prompt from before a message ends its turn",
      'if (settleBy === "output" && screen.lastAt < turn.startedAt) return Infinity;',
      "",
    ],
    ["a prompt need not hold still", "steadySince + readySettleMs", "steadySince"],
    [
      "a background task that goes on is not waited for",
      "if (turn.background) return file.since + reports.wakeMs;",
      "",
    ],
  ]),
  ...inFile("src/host/turn/step.ts", STATE, [
    ["a turn starts twice", "if (turn.announced) return;", ""],
    [
      "a failed turn counts as completed",
      'if (end.outcome === "completed") next.lastCompletedAt',
      "next.lastCompletedAt",
    ],
  ]),
  ...inFile("src/host/turn/question.ts", STATE, [
    ["a question is told before the screen shows it", "if (at < shownBy)", "if (at < -shownBy)"],
    [
      "the screen's words for a question are ignored",
      'shown?.level.kind === "blocked" ? shown.level : said.level',
      "said.level",
    ],
  ]),
  ...inFile("src/host/turn/explain.ts", ["tests/unit/explain_test.ts"], [
    ["every source agrees with the verdict", "STATE_OF[level.kind] === state.agent", "true"],
  ]),
  ...inFile("src/host/report/verdict.ts", ["tests/unit/verdict_test.ts"], [
    ["a stop in the middle of a turn is a success", 'if (stop === "asked_in_turn") return "stopped";', ""],
    ["an agent's status 124 is no timeout", " || exit.code === TIMEOUT_EXIT", ""],
    ["an agent that leaves in a turn has not disconnected", 'if (state.turn !== undefined) return "disconnected";', ""],
    ["a session without any turn has failed", "state.lastOutcome === undefined || ", ""],
    ["an agent that never came up has failed, or worse", 'if (boot === "boot failed") return "boot_failure";', ""],
  ]),
];
