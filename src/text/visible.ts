/**
 * Makes text from outside safe to show: control characters, escapes and text-direction overrides become visible
 * escapes, long input is cut. Pure; the only place that decides what may reach a terminal.
 */

/** C0, DEL, C1, line and paragraph separators, direction overrides and isolates, byte order mark. */
// deno-lint-ignore no-control-regex -- finding them is the point
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;
const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** How much of a user's own input an error line repeats. */
const MAX_QUOTED = 80;

/** The text with every unsafe character spelled out, such as `\x1b`. One line stays one line. */
export function visible(text: string): string {
  return text.replaceAll(UNSAFE, (character) => NAMED[character] ?? escapeOf(character));
}

/** Text of several lines without anything unsafe but its line ends and tabs: what else there was is left out. */
export function plain(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(UNSAFE, (character) => "\n\t".includes(character) ? character : "");
}

/** JSON on one line in which no terminal finds anything to obey; what it means stays the same. */
export function jsonLine(value: unknown): string {
  return (JSON.stringify(value) ?? "null").replaceAll(UNSAFE, (character) => `\\u${hex(character, 4)}`);
}

/** The first `count` characters, whole code points, never half of one. */
export function firstCharacters(text: string, count: number): string {
  if (text.length <= count) return text;
  let end = 0;
  for (let left = count; left > 0 && end < text.length; left--) end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

/** At most `max` characters; what was cut is marked by `…`. */
export function clip(text: string, max: number): string {
  const head = text.slice(0, 2 * max + 2);
  const characters = [...head];
  if (characters.length <= max && head.length === text.length) return text;
  return `${characters.slice(0, max - 1).join("")}…`;
}

/** User input as an error line may repeat it: in quotes, visible, short. */
export function quoted(text: string): string {
  return `"${clip(visible(clip(text, MAX_QUOTED)), MAX_QUOTED)}"`;
}

function escapeOf(character: string): string {
  return character.charCodeAt(0) < 0x100 ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
