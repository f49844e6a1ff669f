/** A terminal's size as a viewer tells it. */

import { integerField, type JsonObject } from "../../text/json.ts";
import type { TerminalSize } from "../../transports/terminal/screen.ts";

/** No display has more; an agent would draw itself to death. */
const SIZE_LIMIT = 1_000;

/** undefined when it is none. */
export function parseSize(fields: JsonObject): TerminalSize | undefined {
  const rows = integerField(fields, "rows");
  const columns = integerField(fields, "columns");
  if (rows === undefined || columns === undefined) return undefined;
  const fits = (value: number) => value >= 1 && value <= SIZE_LIMIT;
  return fits(rows) && fits(columns) ? { rows, columns } : undefined;
}
