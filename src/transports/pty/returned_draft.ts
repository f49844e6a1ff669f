/**
 * Recognises the text of the last submission when it stands in the input box again: an agent may put a message back
 * there, for example when it was interrupted before any answer. A user did not type it.
 */

import type { PtyBehaviour, ScreenSignal } from "../agent_process.ts";
import type { Screen } from "../terminal/screen.ts";

export interface ReturnedDraft {
  /** Notes what is submitted. */
  note(text: string): void;
  /** Whether the box holds nothing but that text. */
  isIn(screen: Screen): boolean;
  /** What the screen says, including how the turn ended whose message was given back. */
  read(screen: Screen): ScreenSignal;
}

export function createReturnedDraft(
  behaviour: Pick<PtyBehaviour, "inputBox" | "draft" | "fromScreen" | "returnedDraftMeans">,
): ReturnedDraft {
  const { returnedDraftMeans: lastTurn } = behaviour;
  let submitted = "";
  /** whether the box has been seen without the text since: before that the agent has not taken it */
  let wasTaken = false;

  function isIn(screen: Screen): boolean {
    if (submitted === "" || behaviour.inputBox === "uncertain") return false;
    const draft = behaviour.draft(screen);
    // A box wraps where it likes.
    return draft !== undefined && draft !== "" && withoutBlanks(draft) === withoutBlanks(submitted);
  }

  return {
    note(text) {
      submitted = text;
      wasTaken = false;
    },
    isIn,
    read(screen) {
      const signal = behaviour.fromScreen(screen);
      const isThere = isIn(screen);
      wasTaken ||= !isThere;
      if (signal.kind !== "ready" || signal.lastTurn !== undefined || !isThere || !wasTaken) return signal;
      return lastTurn === undefined ? signal : { ...signal, lastTurn };
    },
  };
}

/** In composed form, in which an agent may show it. */
function withoutBlanks(text: string): string {
  return text.normalize("NFC").replaceAll(/\s+/g, "");
}
