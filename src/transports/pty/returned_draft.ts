/**
 * Knows the text of the last submission when it stands in the input box again: Claude Code 2.1.197 puts a message back
 * there that was interrupted before any answer. It is no person's draft, and it tells how the turn ended.
 */

import type { PtyBehaviour, ScreenSignal } from "../agent_process.ts";
import type { Screen } from "../terminal/screen.ts";

export interface OwnText {
  /** Notes what is submitted. */
  note(text: string): void;
  /** Whether the box holds nothing but that text. */
  isIn(screen: Screen): boolean;
  /** What the screen says, a text that was given back included. */
  read(screen: Screen): ScreenSignal;
}

const GIVEN_BACK = { outcome: "interrupted", detail: "interrupted: the message is back in the input box" } as const;

export function createOwnText(behaviour: Pick<PtyBehaviour, "inputBox" | "draft" | "fromScreen">): OwnText {
  let submitted = "";
  /** whether the box has been seen without it since: until then the agent has not taken it, let alone given it back */
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
      return { ...signal, lastTurn: GIVEN_BACK };
    },
  };
}

function withoutBlanks(text: string): string {
  return text.replaceAll(/\s+/g, "");
}

/** Agents trim prompts and turn tabs into blanks. */
export function sameWords(one: string, other: string): boolean {
  const squeeze = (text: string) => text.replaceAll(/\s+/g, " ").trim();
  return squeeze(one) === squeeze(other);
}
