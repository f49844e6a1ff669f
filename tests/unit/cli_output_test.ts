/** What reaches stdout and stderr: neutralised, fitted, coloured only where a person sees it. */

import fc from "fast-check";
import { createOutput, OutputClosed, type OutputOptions } from "../../src/cli/ui/output.ts";
import type { Part } from "../../src/cli/ui/paint.ts";
import { cutToWidth, displayWidth, layOut } from "../../src/cli/ui/table.ts";
import { clip, jsonLine, plain, quoted, visible } from "../../src/text/visible.ts";
import { HarnexError } from "../../src/model/errors.ts";
import { nearest } from "../../src/cli/parser/suggest.ts";
import { deepEqual, equal, match, throws } from "../support/assert.ts";
import { captured } from "../support/program.ts";

function open(options: Partial<OutputOptions> = {}) {
  const { sinks, texts } = captured();
  const plain = { columns: undefined, stdoutIsTerminal: false, stderrIsTerminal: false, env: {} };
  return { output: createOutput({ sinks, ...plain, ...options }), texts };
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;

Deno.test("visible() spells out controls, escapes, direction overrides and lone surrogates", () => {
  deepEqual(visible("a\x1b[31m\n\t\x07\x9b\u202eb\ud800 ü🚀"), String.raw`a\x1b[31m\n\t\x07\x9b\u202eb\ud800 ü🚀`);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => equal(CONTROL.test(visible(text)), false)));
});

Deno.test("plain() keeps line ends and tabs, and leaves every other control out", () => {
  equal(plain("a\r\nb\tc\x1b[31m\x9b\u202ed\r"), "a\nb\tc[31md");
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    equal(CONTROL.test(plain(text).replaceAll(/[\n\t]/g, "")), false);
  }));
});

Deno.test("clip() and quoted() keep input short", () => {
  deepEqual([clip("abc", 3), clip("abcd", 3), clip("🚀🚀🚀🚀", 3)], ["abc", "ab…", "🚀🚀…"]);
  equal(quoted("\x1b".repeat(200)).length <= 82, true);
});

Deno.test("json() prints one line without any control character and without loss", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const line = jsonLine(value);
    equal(CONTROL.test(line), false);
    deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(value)));
  }));
  const { output, texts } = open();
  output.json({ id: "a\x9b\u2028\nb\u202e" });
  deepEqual(texts(), { stdout: '{"id":"a\\u009b\\u2028\\nb\\u202e"}\n', stderr: "" });
});

Deno.test("line() and note() print one neutralised line each", () => {
  const { output, texts } = open();
  output.line("a\nb", { text: "c\x1b", style: "red" });
  output.note("n\r");
  deepEqual(texts(), { stdout: "a\\nbc\\x1b\n", stderr: "n\\r\n" });
});

Deno.test("colours need a terminal on that stream, and yield to NO_COLOR and TERM=dumb", () => {
  const paint = (options: Partial<OutputOptions>) => {
    const { output, texts } = open(options);
    output.line({ text: "x", style: "bold" });
    output.note({ text: "y", style: "red" });
    return Object.values(texts()).join("");
  };
  deepEqual([
    paint({ stdoutIsTerminal: true }),
    paint({ stderrIsTerminal: true }),
    paint({ stdoutIsTerminal: true, stderrIsTerminal: true, env: { NO_COLOR: "1" } }),
    paint({ stdoutIsTerminal: true, stderrIsTerminal: true, env: { TERM: "dumb" } }),
    paint({ stdoutIsTerminal: true, env: { NO_COLOR: "" } }),
  ], ["\x1b[1mx\x1b[0m\ny\n", "x\n\x1b[31my\x1b[0m\n", "x\ny\n", "x\ny\n", "\x1b[1mx\x1b[0m\ny\n"]);
});

Deno.test("error() is one line, with the stack and its causes on request", () => {
  const error = new HarnexError("failed", "went\nwrong \x1b[0m", { cause: new Error("below") });
  const plain = open();
  plain.output.error({ prefix: "harnex run", error, trace: false });
  deepEqual(plain.texts(), { stdout: "", stderr: "harnex run: went wrong \\x1b[0m\n" });
  const traced = open();
  traced.output.error({ prefix: "harnex run", error, trace: true });
  match(traced.texts().stderr, /^harnex run: went wrong .*\n +at [^]*\ncaused by: Error: below\n +at /);
});

Deno.test("stdout without a reader throws OutputClosed, stderr without one is silent", () => {
  const { output } = open({ sinks: { stdout: () => false, stderr: () => false } });
  throws(() => output.line("x"), OutputClosed);
  throws(() => output.transcript("raw")(new Uint8Array([1])), OutputClosed);
  output.note("x");
});

const textOf = (part: Part) => typeof part === "string" ? part : part.text;

const COLUMNS = [
  { title: "ID" },
  { title: "AGE", align: "right" },
  { title: "REPO", cut: "start" },
  { title: "DESC", cut: "end" },
] as const;
const ROWS = [
  ["cx-1", "5s", "~/work/projects/a-long-path", "mend the build\nnow"],
  ["日本", "12m", "~/x", { text: "ok", style: "green" }],
] as const;

Deno.test("table() is as wide as need be when stdout is no terminal", () => {
  const { output, texts } = open();
  output.table(COLUMNS, ROWS);
  equal(
    texts().stdout,
    [
      "ID    AGE  REPO                         DESC",
      "----  ---  ---------------------------  -------------------",
      "cx-1   5s  ~/work/projects/a-long-path  mend the build\\nnow",
      "日本  12m  ~/x                          ok",
      "",
    ].join("\n"),
  );
});

Deno.test("table() cuts the columns that may be cut to fit the terminal", () => {
  const { output, texts } = open({ columns: 40, stdoutIsTerminal: true, env: { NO_COLOR: "1" } });
  output.table(COLUMNS, ROWS);
  deepEqual(texts().stdout.split("\n"), [
    "ID    AGE  REPO           DESC",
    "----  ---  -------------  --------------",
    "cx-1   5s  …/a-long-path  mend the buil…",
    "日本  12m  ~/x            ok",
    "",
  ]);
});

Deno.test("table() leaves out columns that may be, lowest rank first, and in the end cuts whatever is widest", () => {
  const columns = [
    { title: "ID" },
    { title: "PID", leaveOut: 2 },
    { title: "PORT", leaveOut: 1 },
    { title: "DESC", cut: "end" },
  ] as const;
  const rows = [["a-very-long-id", "123456", "43000", "something to do"]];
  const at = (width: number) => layOut(columns, { rows, width }).map((parts) => parts.map(textOf).join(""));
  deepEqual([at(60), at(38), at(30), at(24), at(14)], [
    [
      "ID              PID     PORT   DESC",
      "--------------  ------  -----  ---------------",
      "a-very-long-id  123456  43000  something to do",
    ],
    [
      "ID              PID     DESC",
      "--------------  ------  --------------",
      "a-very-long-id  123456  something to …",
    ],
    ["ID              DESC", "--------------  --------------", "a-very-long-id  something to …"],
    ["ID              DESC", "--------------  --------", "a-very-long-id  somethi…"],
    ["ID      DESC", "------  ------", "a-ver…  somet…"],
  ]);
});

Deno.test("table() never prints a line that is wider than the terminal", () => {
  const cell = fc.string({ unit: "grapheme", maxLength: 30 });
  const columns = [{ title: "ID" }, { title: "STATE", leaveOut: 1 }, { title: "REPO", cut: "start" }, {
    title: "D",
  }] as const;
  fc.assert(fc.property(fc.array(fc.array(cell), { maxLength: 4 }), fc.integer({ min: 20, max: 90 }), (rows, width) => {
    const lines = layOut(columns, { rows, width }).map((parts) => parts.map(textOf).join(""));
    deepEqual(lines.filter((line) => displayWidth(line) > width), []);
  }));
});

Deno.test("displayWidth() and cutToWidth() count what a terminal shows", () => {
  deepEqual(["abc", "日本", "e\u0301", "🚀", "👩‍👩‍👧", "한글", "ａ", "", "ㄅ㈱", "❤️🇩🇪"].map(displayWidth), [
    3,
    4,
    1,
    2,
    2,
    4,
    2,
    0,
    4,
    4,
  ]);
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 2, max: 12 }), (text, width) => {
    for (const cut of ["start", "end"] as const) {
      equal(displayWidth(cutToWidth(visible(text), { width, cut })) <= width, true);
    }
  }));
});

Deno.test("nearest() finds typing mistakes and nothing else", () => {
  const words = ["status", "stop", "send", "run", "recipes"];
  deepEqual(
    ["stauts", "statsu", "stp", "sned", "runn", "RUN", "receipes", "zebra", "", "x".repeat(1_000_000)].map((word) =>
      nearest(word, words)
    ),
    ["status", "status", "stop", "send", "run", "run", "recipes", undefined, undefined, undefined],
  );
});
