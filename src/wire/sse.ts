/**
 * Reads a stream of server-sent events whose data is one line each, as a session's API sends them. A chunk may end
 * anywhere, also inside a character.
 */

import { createLineSplitter } from "../text/lines.ts";

/**
 * The data of each event. Comments, other fields and a last line that the stream does not finish are passed over. A
 * line over `maxBytes` ends the iteration, as what was cut out of the stream would be missed. Throws what `body`
 * throws; leaving the iteration early cancels `body`.
 */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
  { maxBytes }: { maxBytes: number },
): AsyncGenerator<string> {
  const splitter = createLineSplitter(maxBytes);
  for await (const chunk of body) {
    for (const line of splitter.push(chunk)) {
      if (line.kind === "oversized") return;
      const [, value] = /^data: ?(.*)$/s.exec(line.text) ?? [];
      if (value !== undefined) yield value;
    }
  }
}
