/** How a message's text is made safe to be pasted into a terminal program. Pure. */

import type { Keystroke } from "../transports/agent_process.ts";

/** Everything that a keyboard sends by Ctrl or a special key, except tab and line feed. */
const CONTROLS = new RegExp("[\\u0000-\\u0008\\u000b-\\u001f\\u007f]", "g");

/**
 * One paste of `text`, which can be nothing but text: `ESC [ 201 ~` would end the paste early, so that what follows
 * were keys, and a program without bracketed paste gets the bytes as if they were typed. Line ends become line feeds.
 */
export function pasteOf(text: string): Keystroke {
  return { kind: "paste", text: text.replaceAll(/\r\n?/g, "\n").replaceAll(CONTROLS, "") };
}
