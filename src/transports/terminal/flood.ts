/**
 * Which part of a flood of plain text need not be drawn, because it has scrolled away before it could be seen.
 * Pure byte work on the hottest path of a session (budget: 40 MB/s of output with the screen being read).
 */

/** Lines that the emulator keeps above the visible rows. */
export const SCROLLBACK_ROWS = 200;

const BEL = 0x07;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const CANCEL = 0x18;
const SUBSTITUTE = 0x1a;
const ESCAPE = 0x1b;
/** first byte of U+0080 to U+00BF in UTF-8; those below U+00A0 are controls and may open a sequence */
const C1_LEAD = 0xc2;
const C1_END = 0xa0;

/** A function for one terminal: takes output in order, gives what is left to draw on a screen of that many rows. */
export function createFloodFilter(
  terminal: { hasScrollRegion(): boolean },
): (bytes: Uint8Array, rows: number) => Uint8Array {
  let sequence: SequenceState = "text";
  return (bytes, rows) => {
    const maySkip = sequence === "text" && !terminal.hasScrollRegion();
    const kept = maySkip ? bytes.subarray(skippable(bytes, rows)) : bytes;
    sequence = followSequence(sequence, kept);
    return kept;
  };
}

/**
 * How many leading bytes of `backlog` can be dropped without changing the screen, the scrollback or the modes that
 * the whole backlog would leave. It holds for a terminal that is between escape sequences (`followSequence`) and
 * has no scroll region; what is kept is at least one line more than screen and scrollback hold.
 */
export function skippable(backlog: Uint8Array, rows: number): number {
  const needed = rows + SCROLLBACK_ROWS + 1;
  // A line end is two bytes here, so a shorter backlog cannot qualify.
  if (backlog.length < 2 * needed) return 0;
  let at = plainLength(backlog);
  // The line end before what is kept is found too, so one more than is kept.
  for (let ends = 0; ends <= needed; ends++) {
    at = at > 0 ? backlog.lastIndexOf(LINE_FEED, at - 1) : -1;
    if (at < 0) return 0;
  }
  while (at > 0 && backlog[at - 1] !== CARRIAGE_RETURN) at = backlog.lastIndexOf(LINE_FEED, at - 1);
  return at > 0 ? at + 1 : 0;
}

/** How many leading bytes are text, line ends and tabs only. */
function plainLength(bytes: Uint8Array): number {
  const end = bytes.indexOf(ESCAPE);
  const length = end < 0 ? bytes.length : end;
  for (let index = 0; index < length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte < 0x20) {
      if (byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return index;
    } else if (byte === C1_LEAD && (bytes[index + 1] ?? 0) < C1_END) return index;
  }
  return length;
}

/** Where a terminal stands in its input: in plain text, or inside a sequence that further bytes may complete. */
export type SequenceState = "text" | "escape" | "csi" | "osc" | "string" | "unknown";

/** The state after `bytes`, given the one before. `unknown` (an 8-bit control was seen) lasts until the next escape. */
export function followSequence(before: SequenceState, bytes: Uint8Array): SequenceState {
  const lastEscape = bytes.lastIndexOf(ESCAPE);
  let state: SequenceState = lastEscape < 0 ? before : "escape";
  for (let index = lastEscape + 1; index < bytes.length && state !== "text"; index++) {
    state = afterByte(state, bytes[index] ?? 0);
  }
  return state === "text" && hasC1(bytes, lastEscape + 1) ? "unknown" : state;
}

function afterByte(state: SequenceState, byte: number): SequenceState {
  if (byte === CANCEL || byte === SUBSTITUTE) return "text";
  switch (state) {
    case "escape":
      if (byte === 0x5b) return "csi";
      if (byte === 0x5d) return "osc";
      // DCS, SOS, PM, APC: only an escape (or CAN) ends them.
      if (byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) return "string";
      return byte >= 0x30 && byte <= 0x7e ? "text" : "escape";
    case "csi":
      return byte >= 0x40 && byte <= 0x7e ? "text" : "csi";
    case "osc":
      return byte === BEL ? "text" : "osc";
    case "string":
    case "text":
    case "unknown":
      return state;
  }
}

function hasC1(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.indexOf(C1_LEAD, from); at >= 0; at = bytes.indexOf(C1_LEAD, at + 1)) {
    if ((bytes[at + 1] ?? 0) < C1_END) return true;
  }
  return false;
}
