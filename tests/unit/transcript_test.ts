/** The end of a transcript is found without reading the rest. */

import fc from "fast-check";
import { createFiles } from "../../src/platform/files.ts";
import type { Files } from "../../src/platform/platform.ts";
import { findTail } from "../../src/store/transcript.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { tempDir } from "../support/temp.ts";

const GIGABYTE = 1e9;

/** The real files, with the number of bytes that were read from them. */
function counted(): { files: Files; read: () => number } {
  const real = createFiles(() => "0");
  let read = 0;
  const readRange: Files["readRange"] = async (path, range) => {
    const bytes = await real.readRange(path, range);
    read += bytes?.length ?? 0;
    return bytes;
  };
  return { files: { ...real, readRange }, read: () => read };
}

/** The same, on a text that is at hand. */
function tailOf(text: string, lines: number): string {
  const all = text.split(/(?<=\n)/);
  return lines === 0 ? "" : all.slice(-lines).join("");
}

Deno.test("findTail() gives the last lines", async () => {
  using dir = tempDir();
  const path = dir.join("log");
  const { files } = counted();
  equal(await findTail(files, path, { lines: 1 }), undefined);
  const text = fc.array(fc.constantFrom("\n", "\r\n", "text", "世界"), { maxLength: 40 }).map((parts) =>
    parts.join("")
  );
  await fc.assert(fc.asyncProperty(text, fc.nat(20), async (written, lines) => {
    Deno.writeTextFileSync(path, written);
    const tail = await findTail(files, path, { lines });
    const bytes = new TextEncoder().encode(written);
    equal(new TextDecoder().decode(bytes.subarray(tail?.start, tail?.end)), tailOf(written, lines));
  }));
});

Deno.test("findTail() reads no more of a large file than it needs, each byte once", async () => {
  using dir = tempDir();
  const path = dir.join("log");
  const line = `${"x".repeat(99)}\n`;
  Deno.writeTextFileSync(path, "\n");
  Deno.truncateSync(path, GIGABYTE);
  Deno.writeTextFileSync(path, line.repeat(50_000), { append: true });
  const end = GIGABYTE + 50_000 * line.length;

  const few = counted();
  deepEqual(await findTail(few.files, path, { lines: 20 }), { start: end - 20 * line.length, end });
  equal(few.read() <= 64 * 1024, true, `${few.read()} bytes`);

  const many = counted();
  deepEqual(await findTail(many.files, path, { lines: 40_000 }), { start: end - 40_000 * line.length, end });
  equal(many.read() < 6_000_000, true, `${many.read()} bytes`);

  const bounded = counted();
  deepEqual(await findTail(bounded.files, path, { lines: 100_000, bytes: 3_000 }), { start: end - 3_000, end });
  equal(bounded.read() <= 3_000, true, `${bounded.read()} bytes`);
});
