/**
 * The evidence that a terminal agent took a submitted message: its own report, work or a question on the screen, or
 * an input box that is empty again.
 */

import type { SignalSource } from "../../model/signal.ts";
import type { PtyBehaviour } from "../agent_process.ts";
import type { Screen } from "../terminal/screen.ts";
import type { ScreenFeed } from "../terminal/screen_feed.ts";
import { draftStays } from "./input_box.ts";
import type { ReportedPrompts } from "./reported_prompts.ts";

/** What showed that the agent took a message. */
export interface Evidence {
  by: SignalSource;
  what: string;
}

export interface Submission {
  text: string;
  /** the screen just before it was submitted */
  drafted: Screen;
}

export interface EvidenceParts {
  feed: ScreenFeed;
  behaviour: PtyBehaviour;
  prompts: ReportedPrompts;
}

/** The first evidence; undefined when there is none in time, or on abort. */
export async function awaitEvidence(
  submission: Submission,
  { feed, behaviour, prompts, signal }: EvidenceParts & { signal: AbortSignal },
): Promise<Evidence | undefined> {
  const { text } = submission;
  const reported: Evidence = { by: "hook", what: "took the prompt" };
  const decided = new AbortController();
  const seen = feed.until(
    (screen) => prompts.includes(text) ? reported : shownBy(screen, { ...submission, behaviour }),
    { limitMs: behaviour.typing.confirmMs, signal: AbortSignal.any([signal, decided.signal]) },
  );
  const evidence = await Promise.race([seen, prompts.awaits(text).then(() => reported)]);
  decided.abort();
  return evidence;
}

function shownBy(
  screen: Screen,
  { drafted, behaviour }: { drafted: Screen; behaviour: PtyBehaviour },
): Evidence | undefined {
  const was = behaviour.fromScreen(drafted).kind;
  const is = behaviour.fromScreen(screen).kind;
  const shown = (what: string): Evidence => ({ by: "screen", what });
  if (is === "working" && was !== "working") return shown("working");
  if (is === "blocked" && was !== "blocked") return shown("asks a question");
  if (was === "blocked" && is !== "blocked") return shown("the question is gone");
  return draftStays(behaviour, { drafted, screen }) ? undefined : shown("the draft was taken");
}
