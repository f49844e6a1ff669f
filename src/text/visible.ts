/**
 * Makes text from outside safe to show: control characters, escape sequences and text-direction overrides become
 * visible escapes, and long input is cut. Only this module decides which characters may reach a terminal. Pure.
 */

/** C0, DEL, C1, line and paragraph separators, direction overrides and isolates, byte order mark. */
// deno-lint-ignore no-control-regex -- finding them is the point
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;
const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** How many characters of a user's input an error line repeats. */
const MAX_QUOTED = 80;

/** The text with every unsafe character as an escape, such as `\x1b`. One line stays one line. */
export function visible(text: string): string {
  return text.replaceAll(UNSAFE, (character) => NAMED[character] ?? escapeOf(character));
}

/** Text of several lines without unsafe characters, except line ends and tabs. */
export function plain(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(UNSAFE, (character) => "\n\t".includes(character) ? character : "");
}

/** JSON on one line that is safe on a terminal: unsafe characters are escaped, and its meaning stays the same. */
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

/** At most `max` characters; `…` marks a cut. */
export function clip(text: string, max: number): string {
  const head = text.slice(0, 2 * max + 2);
  const characters = [...head];
  if (characters.length <= max && head.length === text.length) return text;
  return `${characters.slice(0, max - 1).join("")}…`;
}

/** User input as an error line repeats it: in quotes, with visible escapes, cut to a short length. */
export function quoted(text: string): string {
  return `"${clip(visible(clip(text, MAX_QUOTED)), MAX_QUOTED)}"`;
}

function escapeOf(character: string): string {
  return character.charCodeAt(0) < 0x100 ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
