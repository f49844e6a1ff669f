/** Cuts a text into the parts that an agent takes as pastes of their own. Pure. */

import type { PasteLimits } from "../agent_process.ts";

/** A character as a user sees it is rarely longer, and a cut inside it loses nothing but its look for a moment. */
const LOOK_BACK = 64;

/**
 * The parts of `text`, in order: together they are the text, and each holds to the limits. A cut never splits a code
 * point, and a character of several code points only where that is longer than 64 units. An empty text is one empty part.
 */
export function pasteParts(text: string, { characters, lineBreaks }: PasteLimits): readonly string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length || parts.length === 0;) {
    const end = Math.min(afterLineBreaks(text, { from, lineBreaks }), from + characters);
    // A limit that leaves no room for one character is not kept.
    const to = Math.max(from + 1, end < text.length ? cutBefore(text, { from, end }) : end);
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}

/** The end of a part with all the line feeds that it may hold: just before the next one. */
function afterLineBreaks(text: string, { from, lineBreaks }: { from: number; lineBreaks: number }): number {
  let at = from - 1;
  for (let breaks = 0; breaks <= lineBreaks; breaks++) {
    at = text.indexOf("\n", at + 1);
    if (at < 0) return text.length;
  }
  return at;
}

/** The last place up to `end` at which a character begins. */
function cutBefore(text: string, { from, end }: { from: number; end: number }): number {
  if (isPlain(text.charCodeAt(end - 1)) && isPlain(text.charCodeAt(end))) return end;
  const start = Math.max(from, end - LOOK_BACK);
  const starts = [...new Intl.Segmenter().segment(text.slice(start, end + LOOK_BACK))].map(({ index }) =>
    start + index
  );
  // The first start is where the window begins, perhaps in the middle of a character.
  const found = starts.slice(1).findLast((at) => at <= end);
  if (found !== undefined && found > from) return found;
  return isLowSurrogate(text.charCodeAt(end)) && end - 1 > from ? end - 1 : end;
}

/** A code unit that is a character of its own, whatever plain one follows. */
function isPlain(unit: number): boolean {
  return unit >= 0x20 && unit < 0x7f || unit === 0x0a;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
