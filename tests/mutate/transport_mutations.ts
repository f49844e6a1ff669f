/** Faults in how agents are talked to: JSON-RPC, lines, terminal answers, questions, waiting. */

import { inFile, type Mutation } from "./mutation.ts";

const RPC = ["tests/unit/json_rpc_test.ts"];

export const TRANSPORT_MUTATIONS: readonly Mutation[] = [
  ...inFile("src/wire/json_rpc.ts", RPC, [
    [
      "a request with the id 0 is taken for a notification",
      'typeof id === "number" || typeof id === "string"',
      "Boolean(id)",
    ],
    [
      "one request more than the limit may be open",
      "pending.size < MAX_PENDING_REQUESTS",
      "pending.size <= MAX_PENDING_REQUESTS",
    ],
    [
      "requests go to an agent that is gone",
      "if (isClosed) return new RpcError",
      "if (isClosed && signal) return new RpcError",
    ],
    ["a reply without a result is a result", "return result === undefined", "return id === undefined"],
    [
      "messages are not read in their order",
      "for (const line of lines) await readLine(line, to);",
      "for (const line of lines.reverse()) await readLine(line, to);",
    ],
    [
      "a line that is no message ends the reading",
      'case "malformed":\n      return handlers.onMalformed',
      'case "malformed":\n      throw new Error("malformed"); handlers.onMalformed',
    ],
    [
      "what is open when the stream ends waits for ever",
      "for (const one of [...pending.values()]) one.reject",
      "for (const one of []) one.reject",
    ],
  ]),
  ...inFile("src/text/lines.ts", ["tests/unit/lines_test.ts"], [
    [
      "a line of exactly the limit is too long",
      "if (bytes.length > maxBytes) return",
      "if (bytes.length >= maxBytes) return",
    ],
    ["a carriage return stays in the line", "bytes.at(-1) === CARRIAGE_RETURN", "bytes.at(-1) === -1"],
    [
      "the last line without an end is lost",
      "end: () => unfinished.isEmpty() ? [] : takeUnfinished()",
      "end: () => []",
    ],
  ]),
  ...inFile("src/transports/pty/reply_limit.ts", ["tests/unit/reply_limit_test.ts"], [
    ["answers to a terminal's questions are not counted", "left -= bytes;", ""],
    ["a quiet agent saves up answers for ever", "Math.min(BURST_BYTES, ", "Math.max(0, "],
    [
      "a refused answer counts",
      "if (bytes > left) return false;",
      "if ((left -= bytes) < 0) return false; left += bytes;",
    ],
  ]),
  ...inFile("src/transports/pty/returned_draft.ts", ["tests/unit/returned_draft_test.ts"], [
    ["a message that was never taken is told as given back", "wasTaken ||= !isThere;", "wasTaken = true;"],
    [
      "what a person added to a message is taken for ours",
      "withoutBlanks(draft) === withoutBlanks(submitted)",
      "withoutBlanks(draft).startsWith(withoutBlanks(submitted))",
    ],
  ]),
  ...inFile("src/transports/rpc/turns.ts", ["tests/unit/rpc_turns_test.ts", "tests/unit/rpc_agent_test.ts"], [
    [
      "a late reply revives a turn that has ended",
      "turnId !== undefined && !endedTurns.has(turnId)",
      "turnId !== undefined",
    ],
    [
      "the end of another turn ends this one",
      'state.kind === "active" && state.turnId === turnId',
      'state.kind === "active"',
    ],
  ]),
  ...inFile("src/transports/rpc/questions.ts", ["tests/unit/rpc_agent_test.ts"], [
    [
      "an answer goes to the question that came after its own",
      "answer.questionId !== undefined && answer.questionId !== String(id)",
      "false",
    ],
    ["the newest question is answered first", "const current = open[0];", "const current = open.at(-1);"],
  ]),
  ...inFile("src/platform/waiting.ts", ["tests/unit/waiting_test.ts"], [
    ["a deadline that ran out does not say so", "expired = true;", ""],
    [
      "what was waited for counts although it came too late",
      "clock.sleep(ms, stop).then(() => false)",
      "clock.sleep(ms, stop).then(() => true)",
    ],
  ]),
  ...inFile("src/client/wait.ts", ["tests/unit/wait_test.ts"], [
    ["a failed task is done", 'const ok = type === "task_complete" || until === "task_failed";', "const ok = true;"],
    ["wait --until done has no status of its own for an unknown id", 'until === "done" ? NO_SESSION_CODE : 1', "1"],
    [
      "--next and --since are ignored for a session that has ended",
      "types?.includes(type) && seq >= (options.from ?? 1)",
      "types?.includes(type)",
    ],
    [
      "an older run of the id settles a wait",
      'event.session_id === past.session_id || event.session_id === ""',
      "true",
    ],
  ]),
];
