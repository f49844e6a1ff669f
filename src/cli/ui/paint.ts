/** Styled text, and its colours for a terminal. Neutralises text from outside. */

import { visible } from "../../text/visible.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow";

/** The style is dropped if colours are off. */
export interface Styled {
  readonly text: string;
  readonly style: Style;
}

export type Part = string | Styled;

const SGR: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

export function painter(colours: "colours" | "plain"): (part: Part) => string {
  return (part) => {
    if (typeof part === "string") return visible(part);
    return colours === "colours" ? `\x1b[${SGR[part.style]}m${visible(part.text)}\x1b[0m` : visible(part.text);
  };
}
