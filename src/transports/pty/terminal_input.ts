/**
 * Takes a terminal's input apart: keys that a user pressed, reports of mouse and focus, and the terminal's own
 * answers to the agent's queries. Pure.
 */

import { joinBytes } from "../../text/bytes.ts";

const ESCAPE = 0x1b;
const BEL = 0x07;
/** A longer chunk is a paste; its rest is not taken apart. */
const INPUT_LIMIT = 16 * 1024;

export interface TerminalInput {
  /** everything except the terminal's own answers, in order */
  meant: Uint8Array;
  /** only the keys, one entry for each key or byte of a character */
  keys: readonly string[];
}

/** Takes one chunk apart; a sequence that is cut at its end counts as keys. */
export function readTerminalInput(bytes: Uint8Array): TerminalInput {
  const text = String.fromCharCode(...bytes.subarray(0, INPUT_LIMIT));
  const meant: string[] = [];
  const keys: string[] = [];
  for (let at = 0; at < text.length;) {
    const length = lengthOf(bytes, at);
    const piece = text.slice(at, at + length);
    at += length;
    const kind = kindOf(piece);
    if (kind !== "answer") meant.push(piece);
    if (kind === "key") keys.push(piece);
  }
  const kept = Uint8Array.from(meant.join(""), (character) => character.charCodeAt(0));
  if (bytes.length <= INPUT_LIMIT) return { meant: kept, keys };
  return { meant: joinBytes([kept, bytes.subarray(INPUT_LIMIT)]), keys };
}

function lengthOf(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== ESCAPE) return 1;
  const opener = bytes[start + 1];
  if (opener === undefined) return 1;
  if (opener === 0x5b) {
    // CSI: parameters, then one final byte.
    for (let at = start + 2; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte >= 0x40 && byte <= 0x7e) return at + 1 - start;
    }
    return bytes.length - start;
  }
  // SS3: one more byte.
  if (opener === 0x4f) return Math.min(3, bytes.length - start);
  if (opener !== 0x5d && opener !== 0x50 && opener !== 0x5f && opener !== 0x5e) return 2;
  // OSC, DCS, APC, PM: up to BEL or ST.
  for (let at = start + 2; at < bytes.length; at++) {
    if (bytes[at] === BEL) return at + 1 - start;
    if (bytes[at] === ESCAPE && bytes[at + 1] === 0x5c) return at + 2 - start;
  }
  return bytes.length - start;
}

function kindOf(piece: string): "key" | "pointer" | "answer" {
  if (piece.length < 3 || piece.charCodeAt(0) !== ESCAPE) return "key";
  const opener = piece[1];
  if (opener === "]" || opener === "P" || opener === "_" || opener === "^") return "answer";
  if (opener !== "[") return "key";
  const final = piece.at(-1) ?? "";
  const parameters = piece.slice(2, -1);
  if ((final === "I" || final === "O") && parameters === "") return "pointer";
  if ((final === "M" || final === "m") && parameters.startsWith("<")) return "pointer";
  // Device attributes, cursor position, status, modes, window reports, keyboard protocol.
  if (final === "c" || final === "n" || final === "y" || final === "t") return "answer";
  if (final === "R") return /^\??\d+;\d+$/.test(parameters) ? "answer" : "key";
  return final === "u" && parameters.startsWith("?") ? "answer" : "key";
}

const PASTE_START = "\x1b[200~";
const PASTE_END = "\x1b[201~";

/** Follows the keys: whether something was typed that no Enter has submitted yet. */
export function followDraft(drafting: DraftState, keys: readonly string[]): DraftState {
  let { typed, pasting } = drafting;
  for (const key of keys) {
    if (key === PASTE_START) pasting = true;
    else if (key === PASTE_END) pasting = false;
    // A line end inside a paste, or an Enter with a modifier, stays in the box.
    typed = pasting || (key !== "\r" && key !== "\n");
  }
  return { typed, pasting };
}

export interface DraftState {
  typed: boolean;
  /** inside a bracketed paste */
  pasting: boolean;
}
