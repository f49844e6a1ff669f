/** Answers the question that an agent is blocked on. */

import type { JsonObject } from "../text/json.ts";
import { callTarget, type Target } from "./target.ts";

/** The agent has to be seen to have taken the answer, which takes it a moment. */
const ANSWER_MS = 15_000;

export type QuestionAnswer = { kind: "choice"; label: string } | { kind: "decision"; decision: "approve" | "deny" };

/** What the session says of the answer. `message` is text for the agent that goes with it. */
export async function answerQuestion(
  target: Target,
  { answer, message }: { answer: QuestionAnswer; message: string | undefined },
): Promise<JsonObject> {
  const body = {
    by: "answer",
    ...(answer.kind === "choice" ? { choice: answer.label } : { decision: answer.decision }),
    ...(message === undefined ? {} : { message }),
  };
  return await callTarget(target, { method: "POST", path: "/answer", body, limitMs: ANSWER_MS });
}
