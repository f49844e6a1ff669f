/** How a message's text is made safe to be pasted into a terminal program. Pure. */

import type { Keystroke } from "../transports/agent_process.ts";

/** Control characters, of which a keyboard's special keys are made, except tab and line feed. */
const CONTROLS = /(?![\n\t])\p{Cc}/gu;

/**
 * One paste of `text`, which can be nothing but text: `ESC [ 201 ~` would end the paste early, so that what follows
 * were keys, and a program without bracketed paste gets the bytes as if they were typed. Line ends become line feeds.
 */
export function pasteOf(text: string): Keystroke {
  return { kind: "paste", text: text.replaceAll(/\r\n?/g, "\n").replaceAll(CONTROLS, "") };
}
