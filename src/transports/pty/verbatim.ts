/** Types a text as it is, whatever the agent does; nobody looks whether it was taken. */

import type { Delivery } from "../../model/message.ts";
import type { DeliverOptions, PtyBehaviour } from "../agent_process.ts";
import type { Keyboard } from "./keyboard.ts";

interface VerbatimOptions extends DeliverOptions {
  keyboard: Keyboard;
  inputBox: PtyBehaviour["inputBox"];
}

/**
 * A turn is expected where the text ends in an Enter, save of agents whose input box we can read: what they do with
 * it, a command such as `/exit` or an empty line, may be no turn, and they show their turns by themselves.
 */
export async function deliverVerbatim(
  text: string,
  { keyboard, inputBox, signal, onStep }: VerbatimOptions,
): Promise<Delivery> {
  const [enter = ""] = (inputBox === "certain" ? undefined : /\r?\n$|\r$/.exec(text)) ?? [];
  const play = (typed: string) => keyboard.play([{ kind: "text", text: typed }], signal);
  const line = text.slice(0, text.length - enter.length);
  const evidence = "written verbatim";
  const bytesWritten = line === "" ? 0 : await play(line);
  onStep("typed");
  if (enter === "") return { kind: "accepted", bytesWritten, by: "process", evidence };
  onStep("submitted");
  return { kind: "accepted", bytesWritten: bytesWritten + await play(enter), by: "screen", evidence };
}
