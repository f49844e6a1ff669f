import { plainLines, renderPlain } from "../../src/transports/terminal/plain_text.ts";
import * as assert from "../support/assert.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const SIZE = { rows: 6, columns: 20 };

Deno.test("renderPlain() leaves out escape sequences and everything that was drawn over", async () => {
  const spinner = Array.from({ length: 50 }, (_, index) => `\r\x1b[K\x1b[33mworking ${index}\x1b[0m`).join("");
  const text = await renderPlain(bytesOf(`\x1b]0;title\x07first\r\n${spinner}\r\x1b[Kdone\r\n`), SIZE);
  assert.equal(text, "first\ndone\n");
});

Deno.test("renderPlain() makes one line of rows that wrapped", async () => {
  const long = "abcdefghij".repeat(7);
  assert.equal(await renderPlain(bytesOf(`${long}\r\nshort\r\n`), SIZE), `${long}\nshort\n`);
});

Deno.test("renderPlain() of an empty transcript is empty", async () => {
  assert.equal(await renderPlain(bytesOf("\x1b[?25l\x1b[H\x1b[2J"), SIZE), "");
});

Deno.test("plainLines() keeps every line of a transcript that is longer than its window, wherever it is cut", async () => {
  const lines = Array.from({ length: 12_000 }, (_, index) => `line ${index} ${"世界".repeat(index % 7)}`);
  const bytes = bytesOf(lines.map((line) => `${line}\r\n`).join(""));
  const chunks = function* () {
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 5003 + 1) {
      yield bytes.subarray(at, at + size);
    }
  };
  const seen: string[] = [];
  for await (const line of plainLines(chunks(), SIZE)) seen.push(line);
  assert.deepEqual(seen, lines.map((line) => line.trimEnd()));
});

Deno.test("plainLines() keeps the lines before a program on the alternate screen, and its last screen", async () => {
  const before = Array.from({ length: 20 }, (_, index) => `before ${index}\r\n`).join("");
  const left = await renderPlain(bytesOf(`${before}\x1b[?1049h\x1b[Heditor\x1b[?1049lafter\r\n`), SIZE);
  assert.equal(left, `${before.replaceAll("\r", "")}after\n`);
  const stays = await renderPlain(bytesOf(`${before}\x1b[?1049h\x1b[Heditor`), SIZE);
  assert.equal(stays.endsWith("editor\n"), true);
});

Deno.test("renderPlain() reads a recorded session of Claude Code", async () => {
  const raw = await Deno.readFile(new URL("../golden/claude/replay/cliprompt.raw", import.meta.url));
  const text = await renderPlain(raw, { rows: 40, columns: 120 });
  const lines = text.split("\n").filter((line) => /^[❯●✻] \S/.test(line));
  assert.deepEqual(lines, ["❯ SAY from argv", "● from argv", "✻ Cooked for 0s"]);
});

Deno.test("renderPlain() begins each line of a transcript without a terminal at its left edge, wherever it is cut", async () => {
  const written = "codex · model\n\n› two\n  lines\n\n$ make\n\ttab\n  exit 0\n";
  const shown = written.replace("\t", " ".repeat(8));
  assert.equal(await renderPlain(bytesOf(written), SIZE), shown);
  // Runs of one id share the file. For a program that draws, a line end alone only goes down.
  const drawn = "\x1b[31mone\x1b[0m\n\ntwo\r\n\r\n";
  const bytes = bytesOf(written + drawn + written);
  for (const size of [1, 5, 2048]) {
    const chunks = function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    let text = "";
    for await (const line of plainLines(chunks(), SIZE)) text += `${line}\n`;
    assert.equal(text, `${shown}one\n\n   two\n\n${shown}`);
  }
});

Deno.test("plainLines() needs no more memory than the text for a line without an end", async () => {
  const PIECE = 1 << 20;
  const PIECES = 4;
  const before = Deno.memoryUsage().heapUsed;
  let most = 0;
  const chunks = function* () {
    for (let index = 0; index < PIECES; index++) {
      yield new Uint8Array(PIECE).fill("x".charCodeAt(0));
      most = Math.max(most, Deno.memoryUsage().heapUsed - before);
    }
  };
  const lines: number[] = [];
  for await (const line of plainLines(chunks(), SIZE)) lines.push(line.length);
  assert.deepEqual(lines, [PIECES * PIECE]);
  // A letter that is kept by itself takes 32 bytes.
  assert.equal(most < 16 * PIECES * PIECE, true, `${most} bytes`);
});

Deno.test("plainLines() does not repeat as often as a hostile sequence says", async () => {
  assert.equal(await renderPlain(bytesOf("one\r\ntwo\x1b[5000S\x1b[5000b\r\n"), SIZE), "one\ntwo\n");
});
