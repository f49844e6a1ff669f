/** Types a text as it is, whatever the agent does; nobody looks whether it was taken. */

import type { Delivery } from "../model/session.ts";
import type { DeliverOptions, PtyBehaviour } from "./agent_process.ts";
import type { Keyboard } from "./keyboard.ts";

interface VerbatimOptions extends DeliverOptions {
  keyboard: Keyboard;
  inputBox: PtyBehaviour["inputBox"];
}

/** Where the text ends in an Enter, a turn is expected, and the screen may tell it. */
export async function deliverVerbatim(
  text: string,
  { keyboard, inputBox, signal, onStep }: VerbatimOptions,
): Promise<Delivery> {
  // What has an input box keeps a line feed in it as a new line (Claude Code 2.1.197, Codex 0.169).
  const [enter = ""] = (inputBox === "certain" ? /\r$/ : /\r?\n$|\r$/).exec(text) ?? [];
  const play = (typed: string) => keyboard.play([{ kind: "text", text: typed }], signal);
  const line = text.slice(0, text.length - enter.length);
  const evidence = "written verbatim";
  const bytesWritten = line === "" ? 0 : await play(line);
  onStep("typed");
  if (enter === "") return { kind: "accepted", bytesWritten, by: "process", evidence };
  onStep("submitted");
  return { kind: "accepted", bytesWritten: bytesWritten + await play(enter), by: "screen", evidence };
}
