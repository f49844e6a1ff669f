/** One row of the emulator's grid as text with colours: SGR sequences only, nothing that moves the cursor. */

// @ts-types="npm:@xterm/headless@6.0.0"
import type { IBufferCell, IBufferLine } from "@xterm/headless";

const RESET = "\x1b[0m";

/** `cell` is scratch space, so that a screen costs no allocation per cell. Trailing blanks without colours are cut. */
export function renderAnsiRow(line: IBufferLine, cell: IBufferCell): string {
  let rendered = "";
  let end = 0;
  let looks = "";
  for (let column = 0; column < line.length; column++) {
    if (line.getCell(column, cell) === undefined) break;
    if (cell.getWidth() === 0) continue;
    const next = looksOf(cell);
    if (next !== looks) {
      if (looks !== "") rendered += RESET;
      // A row that ends here ends with default looks.
      if (end === rendered.length - RESET.length) end = rendered.length;
      if (next !== "") rendered += `\x1b[${next}m`;
      looks = next;
    }
    const character = cell.getChars() || " ";
    rendered += character;
    if (character !== " " || looks !== "") end = rendered.length;
  }
  return rendered.slice(0, end) + (looks === "" ? "" : RESET);
}

/** The SGR parameters of a cell; empty for default looks. */
function looksOf(cell: IBufferCell): string {
  if (cell.isAttributeDefault()) return "";
  const codes: (number | string)[] = [];
  if (cell.isBold()) codes.push(1);
  if (cell.isDim()) codes.push(2);
  if (cell.isItalic()) codes.push(3);
  if (cell.isUnderline()) codes.push(4);
  if (cell.isBlink()) codes.push(5);
  if (cell.isInverse()) codes.push(7);
  if (cell.isInvisible()) codes.push(8);
  if (cell.isStrikethrough()) codes.push(9);
  if (cell.isOverline()) codes.push(53);
  if (cell.isFgPalette()) codes.push(paletteCode(cell.getFgColor(), { base: 30, bright: 90 }));
  else if (cell.isFgRGB()) codes.push(`38;2;${rgb(cell.getFgColor())}`);
  if (cell.isBgPalette()) codes.push(paletteCode(cell.getBgColor(), { base: 40, bright: 100 }));
  else if (cell.isBgRGB()) codes.push(`48;2;${rgb(cell.getBgColor())}`);
  return codes.join(";");
}

function paletteCode(colour: number, { base, bright }: { base: number; bright: number }): number | string {
  if (colour < 8) return base + colour;
  return colour < 16 ? bright + colour - 8 : `${base + 8};5;${colour}`;
}

function rgb(colour: number): string {
  return `${(colour >> 16) & 255};${(colour >> 8) & 255};${colour & 255}`;
}
