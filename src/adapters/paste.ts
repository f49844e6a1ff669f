/** How a message's text is made safe to be pasted into a terminal program. Pure. */

import type { Keystroke } from "../transports/agent_process.ts";

/**
 * One paste of `text`. Escape bytes are dropped: none of them could mean anything to an agent as text, and
 * `ESC [ 201 ~` would end the paste early, so that what follows were keys.
 */
export function pasteOf(text: string): Keystroke {
  return { kind: "paste", text: text.replaceAll("\x1b", "").replaceAll("\r\n", "\n") };
}
