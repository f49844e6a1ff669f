/** Makes the text of a message safe to paste into a terminal program. Pure. */

import type { Keystroke } from "../transports/agent_process.ts";

/** Control characters except tab and line feed: a keyboard's special keys consist of them. */
const CONTROLS = /(?![\n\t])\p{Cc}/gu;

/**
 * One paste of `text` without control characters, so that nothing in it can act as a key: `ESC [ 201 ~` would end the
 * paste early, and a program without bracketed paste reads the bytes as typed. Line ends become line feeds.
 */
export function pasteOf(text: string): Keystroke {
  return { kind: "paste", text: text.replaceAll(/\r\n?/g, "\n").replaceAll(CONTROLS, "") };
}
