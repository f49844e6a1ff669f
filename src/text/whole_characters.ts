/**
 * Cuts a stream of UTF-8 into pieces that end with a whole character. xterm 6.0.0 loses a character whose second byte
 * is 0x80, such as `›`, `…` and `—`, when its third byte comes in the next piece.
 */

import { joinBytes } from "./bytes.ts";

/** A function for one stream: it takes a piece and gives the whole characters so far. An unfinished one is held back. */
export function createWholeCharacters(): (piece: Uint8Array) => Uint8Array {
  let held = new Uint8Array();
  return (piece) => {
    const bytes = held.length === 0 ? piece : joinBytes([held, piece]);
    const end = bytes.length - unfinished(bytes);
    held = bytes.slice(end);
    return bytes.subarray(0, end);
  };
}

/** The number of bytes at the end that begin an unfinished character. */
function unfinished(bytes: Uint8Array): number {
  for (let count = 1; count <= 3 && count <= bytes.length; count++) {
    const byte = bytes[bytes.length - count] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return count < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? count : 0;
  }
  return 0;
}
