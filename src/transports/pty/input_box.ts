/** Compares two screens: what the agent's input box shows of a message that is being typed. Pure. */

import type { PtyBehaviour } from "../agent_process.ts";
import { type Screen, showsChange } from "../terminal/screen.ts";

type BoxReader = Pick<PtyBehaviour, "inputBox" | "draft">;

/** Whether the screen shows text that was typed since `before`. */
export function showsTyped(behaviour: BoxReader, { before, screen }: { before: Screen; screen: Screen }): boolean {
  if (behaviour.inputBox === "uncertain") return showsChange(before, screen);
  const draft = behaviour.draft(screen);
  return draft !== undefined && draft !== "" && draft !== behaviour.draft(before);
}

/** Whether the input box, or the whole screen where there is none, looks as it did in `drafted`, before Enter. */
export function draftStays(behaviour: BoxReader, { drafted, screen }: { drafted: Screen; screen: Screen }): boolean {
  const draft = behaviour.draft(drafted);
  // An empty box that fills shows a late echo, and one that empties only in part has not been submitted.
  if (behaviour.inputBox === "certain" && draft !== undefined) return draft === "" || behaviour.draft(screen) !== "";
  if (draft === undefined || draft === "") return !showsChange(drafted, screen);
  return behaviour.draft(screen) === draft && drafted.cursor.row === screen.cursor.row;
}
