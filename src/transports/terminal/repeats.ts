/**
 * Bounds the cost of a few bytes. xterm 6.0.0 scrolls, inserts, deletes and repeats one by one, as often as a
 * sequence says: 13 bytes can ask for 2³¹ repeats, which take hours, and nothing else runs meanwhile.
 */

// @ts-types="npm:@xterm/headless@6.0.0"
import type { Terminal } from "@xterm/headless";

/** Final letters of the CSI sequences whose parameter is a count: SU, SD, IL, DL, REP, CHT, CBT. */
const REPEATING = ["S", "T", "L", "M", "b", "I", "Z"];
/** Repeats per write, besides one per byte: several screens. Each takes up to 10 µs. */
const FREE_REPEATS = 1_000;

/**
 * Makes a terminal ignore sequences that would repeat too often. Call the result before each write, with the number of
 * bytes that will be written.
 */
export function limitRepeats({ parser }: Terminal): (bytes: number) => void {
  let left = 0;
  for (const final of REPEATING) {
    parser.registerCsiHandler({ final }, ([count]) => {
      const times = typeof count === "number" ? count : 1;
      if (times > left) return true; // counts as handled
      left -= times;
      return false;
    });
  }
  return (bytes) => {
    left = FREE_REPEATS + bytes;
  };
}
