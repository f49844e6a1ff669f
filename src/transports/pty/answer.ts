/** Answers the question on a terminal agent's screen, and waits until the question is gone. */

import type { AgentAnswer, AnswerOutcome, PtyBehaviour, ScreenAnswer } from "../agent_process.ts";
import type { ScreenFeed } from "../terminal/screen_feed.ts";
import type { Keyboard } from "./keyboard.ts";

export async function answerOnScreen(
  reply: AgentAnswer,
  { feed, keyboard, behaviour, signal }: {
    feed: ScreenFeed;
    keyboard: Keyboard;
    behaviour: PtyBehaviour;
    signal: AbortSignal;
  },
): Promise<AnswerOutcome> {
  const screen = await feed.screen();
  const question = behaviour.fromScreen(screen);
  if (question.kind !== "blocked") return { kind: "refused", reason: "the agent asks nothing" };
  const choices = question.choices === undefined ? {} : { choices: question.choices };
  const wanted = screenAnswer(reply);
  const keys = wanted && behaviour.keysToAnswer?.(screen, wanted);
  if (wanted === undefined || keys === undefined) {
    return { kind: "refused", reason: "the question has no such answer", ...choices };
  }
  await keyboard.play(keys, signal);
  const gone = await feed.until((now) => {
    const is = behaviour.fromScreen(now);
    return is.kind !== "blocked" || is.detail !== question.detail || is.label !== question.label ? true : undefined;
  }, { limitMs: behaviour.typing.answerShowsMs, signal });
  if (gone === undefined) {
    return { kind: "refused", reason: "answered, but the question is still on the screen", ...choices };
  }
  return { kind: "answered", on: question.on, choice: wanted.kind === "choice" ? wanted.label : wanted.kind };
}

function screenAnswer({ choice, decision }: AgentAnswer): ScreenAnswer | undefined {
  if (choice !== undefined) return { kind: "choice", label: choice };
  return decision === undefined ? undefined : { kind: decision };
}
