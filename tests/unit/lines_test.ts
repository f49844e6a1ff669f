/**
 * Lines out of a byte stream that is cut anywhere: complete, bounded, none lost.
 */

import fc from "fast-check";
import { createLineSplitter, type Line } from "../../src/text/lines.ts";
import * as assert from "../support/assert.ts";

const encoder = new TextEncoder();

function split(pieces: readonly Uint8Array[], maxBytes?: number): Line[] {
  const splitter = createLineSplitter(maxBytes);
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

Deno.test("createLineSplitter() gives the same lines for any chunking", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 }).map((line) => line.replaceAll(/[\r\n]/g, ""));
  const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
  fc.assert(fc.property(fc.array(text, { maxLength: 12 }), cuts, (lines, sizes) => {
    const bytes = encoder.encode(lines.map((line) => `${line}\n`).join(""));
    const pieces: Uint8Array[] = [];
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      pieces.push(bytes.slice(at, at + size));
      at += size;
    }
    const expected = lines.filter((line) => line.trim() !== "").map((text) => ({ kind: "line", text }));
    assert.deepEqual(split(pieces), expected);
  }));
});

Deno.test("createLineSplitter() keeps a character whole that two chunks share", () => {
  const bytes = encoder.encode("{“é😀”}\n");
  assert.deepEqual(split([...bytes].map((byte) => new Uint8Array([byte]))), [{ kind: "line", text: "{“é😀”}" }]);
});

Deno.test("createLineSplitter() drops blank lines and the return before a newline, and gives an unfinished last line", () => {
  assert.deepEqual(split([encoder.encode("a\r\n\n  \nb")]), [{ kind: "line", text: "a" }, { kind: "line", text: "b" }]);
});

Deno.test("createLineSplitter() skips a line over the limit, reports it once, and reads on after it", () => {
  const pieces = ["12345", "67890", "1\nok\n"].map((piece) => encoder.encode(piece));
  assert.deepEqual(split(pieces, 8), [{ kind: "oversized", bytes: 11 }, { kind: "line", text: "ok" }]);
});

Deno.test("createLineSplitter() accepts a line of exactly the limit", () => {
  assert.deepEqual(split([encoder.encode("12345678\n")], 8), [{ kind: "line", text: "12345678" }]);
});

Deno.test("createLineSplitter() copies a long line a bounded number of times", () => {
  // Once per doubling: 16 MiB in 4 KiB pieces took minutes with a copy per piece.
  const piece = new Uint8Array(4096).fill(97);
  const splitter = createLineSplitter();
  for (let n = 0; n < 4096; n++) assert.deepEqual(splitter.push(piece), []);
  const [line] = splitter.push(new Uint8Array([10]));
  assert.equal(line?.kind === "line" ? line.text.length : 0, 4096 * 4096);
});

Deno.test("createLineSplitter() applies the limit to a line that one chunk holds whole", () => {
  const lines = split([encoder.encode("1\n123456789\n\r\n2\n")], 8);
  assert.deepEqual(lines, [{ kind: "line", text: "1" }, { kind: "oversized", bytes: 9 }, { kind: "line", text: "2" }]);
});

Deno.test("createLineSplitter() keeps nothing of a chunk that is reused afterwards", () => {
  const splitter = createLineSplitter();
  const chunk = encoder.encode("begin");
  splitter.push(chunk);
  chunk.fill(120);
  assert.deepEqual(splitter.push(encoder.encode("ning\n")), [{ kind: "line", text: "beginning" }]);
});
