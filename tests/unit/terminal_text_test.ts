/** What an agent printed, shown on somebody's terminal: text, and nothing that the terminal obeys. */

import fc from "fast-check";
import { createOutput, type OutputOptions } from "../../src/cli/ui/output.ts";
import { type Colours, createTerminalText } from "../../src/cli/ui/terminal_text.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { captured } from "../support/program.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function shown(text: string, colours: Colours = "drop"): string {
  return createTerminalText(colours).push(encode(text));
}

/** All that a terminal could obey, with line ends and tabs taken out first. */
// deno-lint-ignore no-control-regex
const OBEYED = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;

/** Pieces of hostile output, in any order. */
const HOSTILE = fc.array(
  fc.oneof(
    fc.constantFrom(
      "\x1b]52;c;ZWNobyBvd25lZA==\x07",
      "\x1b]0;title\x1b\\",
      "\x1bP+q544e\x1b\\",
      "\x1b[6n",
      "\x1b[?1049h",
      "\x1b[2J\x1b[H",
      "\x9b31m",
      "\x9d0;x\x9c",
      "\x1b_Gf=32;AAAA\x1b\\",
      "\x1b[21t",
      "\x1bc",
      "\x1b#8",
      "\x1b(0",
      "\x1b",
      "\x1b[",
      "\x1b]",
      "\r",
      "\n",
      "\r\n",
      "\b\b\b",
      "\x07",
      "\x7f",
      "\u202e",
      "\u2066",
      "text",
      "é😀",
    ),
    fc.string({ unit: "binary", maxLength: 6 }),
  ),
  { maxLength: 20 },
).map((parts) => parts.join(""));

Deno.test("terminal text: no byte of hostile output is obeyed", () => {
  fc.assert(fc.property(HOSTILE, (text) => {
    equal(OBEYED.test(shown(text).replaceAll(/[\n\t]/g, "")), false);
    // deno-lint-ignore no-control-regex
    const colours = shown(text, "keep").replaceAll(/\x1b\[[0-9;:]*m/g, "");
    equal(OBEYED.test(colours.replaceAll(/[\n\t]/g, "")), false);
  }));
});

Deno.test("terminal text: any bytes, cut anywhere, give the same text, and none that is obeyed", () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 80 }), HOSTILE.map(encode));
  fc.assert(fc.property(bytes, fc.integer({ min: 1, max: 7 }), (all, size) => {
    const whole = createTerminalText("drop").push(all);
    const reader = createTerminalText("drop");
    let pieces = "";
    for (let at = 0; at < all.length; at += size) pieces += reader.push(all.subarray(at, at + size));
    equal(pieces, whole);
    equal(OBEYED.test(whole.replaceAll(/[\n\t]/g, "")), false);
  }));
});

Deno.test("terminal text: words, line ends and tabs come through", () => {
  const cases: Readonly<Record<string, string>> = {
    "a\r\nb\r\n\r\nc\n": "a\nb\n\nc\n",
    "1%\r2%\r3%\r\n": "1%\n2%\n3%\n",
    "\x1b[1;31mred\x1b[0m\tplain": "red\tplain",
    "a\x1b[2;5Hb\x1b[Kc": "a\nbc",
    "a\x1b[3Cb": "a b",
    "\x1b]0;title\x07x": "x",
    "\x1b]0;title\x1b\\x": "x",
    "\x1bP1$r0m\x1b\\x": "x",
    "\x9d0;x\x9cy": "y",
    "\x1b(Bx\x1b=y\x1b7z": "xyz",
    "grüße 日本 👩‍👩‍👧": "grüße 日本 👩‍👩‍👧",
    "a\u202eb": "a\\u202eb",
    "beep\x07 back\b": "beep back",
    // A string without an end hides nothing beyond its line.
    "\x1b]0;never ends\nthe truth\n": "\nthe truth\n",
    "\x1bPq never ends\x18the truth": "the truth",
    "\x1b[38;5;9": "",
  };
  deepEqual(Object.keys(cases).map((text) => shown(text)), Object.values(cases));
});

Deno.test("terminal text: colours alone are kept where they are wanted", () => {
  equal(shown("\x1b[31mred\x1b[0m \x1b[?25l\x1b[>4;1m\x1b[6nx", "keep"), "\x1b[31mred\x1b[0m x");
});

function open(options: Partial<OutputOptions>) {
  const { sinks, texts } = captured();
  const plain = { columns: undefined, stdoutIsTerminal: false, stderrIsTerminal: false, env: {} };
  return { output: createOutput({ sinks, ...plain, ...options }), texts };
}

Deno.test("transcript() is text on a terminal, bytes in a pipe and where they are asked for", () => {
  const printed = (how: "safe" | "raw", stdoutIsTerminal: boolean) => {
    const { output, texts } = open({ stdoutIsTerminal });
    const show = output.transcript(how);
    for (const piece of ["a\x1b]52;c;", "eA==\x07b", "\r\n"]) show(encode(piece));
    return texts().stdout;
  };
  const bytes = "a\x1b]52;c;eA==\x07b\r\n";
  deepEqual([printed("safe", true), printed("raw", true), printed("safe", false), printed("raw", false)], [
    "ab\n",
    bytes,
    bytes,
    bytes,
  ]);
});

Deno.test("coloured() leaves no colour behind on the terminal", () => {
  const { output, texts } = open({});
  output.coloured(["\x1b[31mred\x1b[0m", "\x1b[8mhidden\x1b]0;x\x07"]);
  output.coloured(["plain"]);
  equal(texts().stdout, "\x1b[31mred\x1b[0m\n\x1b[8mhidden\x1b[0m\nplain\n");
});

Deno.test("statusLine() shows one line on a terminal's stderr, and is gone before anything else is printed", () => {
  const printed = (options: Partial<OutputOptions>) => {
    const { output, texts } = open(options);
    output.statusLine("");
    output.statusLine("waiting\x1b[31m for a very long time");
    output.statusLine("still");
    output.note("news");
    output.statusLine("again");
    output.json({ ok: true });
    output.statusLine("");
    return texts();
  };
  const stdout = '{"ok":true}\n';
  const erase = "\r\x1b[K";
  deepEqual(printed({ stderrIsTerminal: true, columns: 20 }), {
    stdout,
    stderr: `${erase}waiting\\x1b[31m fo…${erase}still${erase}news\n${erase}again${erase}`,
  });
  deepEqual(printed({}), { stdout, stderr: "news\n" });
  deepEqual(printed({ stdoutIsTerminal: true }), { stdout, stderr: "news\n" });
  deepEqual(printed({ stderrIsTerminal: true, env: { TERM: "dumb" } }), { stdout, stderr: "news\n" });
});

Deno.test("terminal text: text takes about its own size, and not a piece of memory for each letter", () => {
  const bytes = new Uint8Array(4 << 20).fill("x".charCodeAt(0));
  const before = Deno.memoryUsage().heapUsed;
  const text = createTerminalText("drop").push(bytes);
  const taken = Deno.memoryUsage().heapUsed - before;
  equal(text.length, bytes.length);
  equal(taken < 16 * bytes.length, true, `${taken} bytes`);
});

Deno.test("terminal text: characters of two units stay whole where a sequence has them", () => {
  equal(shown("a\x1b😀b"), "ab");
  equal(shown("a\x1b]0;😀\x07b😀"), "ab😀");
});
