import fc from "fast-check";
import { createEmulator } from "../../src/transports/terminal/emulator.ts";
import { followSequence, skippable } from "../../src/transports/terminal/flood.ts";
import type { Screen } from "../../src/transports/terminal/screen.ts";
import * as assert from "../support/assert.ts";
import { drawn } from "../support/drawn.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

Deno.test("emulator.screen() has rows, cursor, title, report and modes", async () => {
  const screen = await drawn(
    "one \x1b[2mfaint\x1b[0m 世界\r\ntwo\x1b]2;a title\x07\x1b]7501;state=idle:app=codex\x1b\\\x1b[?2004h",
    { rows: 3, columns: 20, reportOsc: 7501 },
  );
  const expected: Screen = {
    rows: 3,
    columns: 20,
    text: ["one faint 世界", "two", ""],
    solid: ["one       世界", "two", ""],
    cursor: { row: 1, column: 3, visible: true },
    title: "a title",
    agentReport: "state=idle:app=codex",
    bracketedPaste: true,
    alternate: false,
  };
  assert.deepEqual(screen, expected);
});

Deno.test("emulator.screen() has the report of the agreed OSC number alone", async () => {
  const report = "\x1b]7501;state=idle\x07";
  const { agentReport } = await drawn(report, { rows: 3, columns: 20, reportOsc: 7502 });
  assert.equal(agentReport, undefined);
  assert.equal((await drawn(report)).agentReport, undefined);
});

Deno.test("emulator.screen() knows a hidden cursor and the alternate screen", async () => {
  const hidden = await drawn("\x1b[?25l\x1b[?1049hx");
  assert.deepEqual({ visible: hidden.cursor.visible, alternate: hidden.alternate }, {
    visible: false,
    alternate: true,
  });
  const reset = await drawn("\x1b[?25l\x1bcx");
  assert.equal(reset.cursor.visible, true);
});

Deno.test("emulator.screen() is one object until something is written, and does not change afterwards", async () => {
  using emulator = await createEmulator({ rows: 2, columns: 10 });
  await emulator.write(bytesOf("before"));
  const first = emulator.screen();
  assert.equal(emulator.screen(), first);
  await emulator.write(bytesOf("\rafter "));
  assert.deepEqual([first.text[0], emulator.screen().text[0]], ["before", "after"]);
});

Deno.test("emulator.write() joins characters that were cut between two writes", async () => {
  // The middle bytes of the second and the last one are 0x80.
  for (const text of ["世x", "›x…", "éx", "🎀x", "𐀀x"]) {
    const bytes = bytesOf(text);
    for (let cut = 1; cut < bytes.length; cut++) {
      using emulator = await createEmulator({ rows: 1, columns: 10 });
      for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) await emulator.write(part);
      assert.equal(emulator.screen().text[0], text, `cut after ${cut} bytes`);
    }
    using emulator = await createEmulator({ rows: 1, columns: 10 });
    for (const byte of bytes) await emulator.write(new Uint8Array([byte]));
    assert.equal(emulator.screen().text[0], text);
  }
});

Deno.test("emulator.ansi() keeps colours and cuts trailing blanks without colours", async () => {
  using emulator = await createEmulator({ rows: 4, columns: 20 });
  await emulator.write(
    bytesOf("a\x1b[31mred\x1b[0m  \r\n\x1b[7m inv \x1b[0m  \r\n\x1b[1;38;5;246;48;2;1;2;3m世\x1b[m."),
  );
  assert.deepEqual(emulator.ansi(), [
    "a\x1b[31mred\x1b[0m",
    "\x1b[7m inv \x1b[0m",
    "\x1b[1;38;5;246;48;2;1;2;3m世\x1b[0m.",
    "",
  ]);
});

Deno.test("emulator.ansi() drawn again gives the same screen", async () => {
  const text = fc.array(fc.constantFrom("a", " ", "世", "\r\n", "\x1b[2m", "\x1b[0m", "\x1b[44m", "\x1b[38;2;9;8;7m"), {
    maxLength: 60,
  });
  await property(fc.asyncProperty(text, async (pieces) => {
    using first = await createEmulator({ rows: 5, columns: 12 });
    await first.write(bytesOf(pieces.join("")));
    using second = await createEmulator({ rows: 5, columns: 12 });
    await second.write(bytesOf(first.ansi().map((row, index) => `\x1b[${index + 1}H${row}`).join("")));
    assert.deepEqual(second.ansi(), first.ansi());
    assert.deepEqual(second.screen().solid, first.screen().solid);
  }));
});

async function repliesTo(text: string): Promise<string[]> {
  const replies: string[] = [];
  using emulator = await createEmulator({ rows: 24, columns: 80, onReply: (reply) => replies.push(reply) });
  await emulator.write(bytesOf(text));
  return replies;
}

Deno.test("emulator answers what a plain terminal answers, in one piece", async () => {
  const asked = "\x1b[6n\x1b[c\x1b[?2026$p\x1b]10;?\x1b\\\x1b]11;?\x07\x1b[18t";
  assert.deepEqual(await repliesTo(asked), [
    "\x1b[1;1R\x1b[?1;2c\x1b[?2026;2$y\x1b]10;rgb:e5e5/e5e5/e5e5\x1b\\\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[8;24;80t",
  ]);
});

Deno.test("emulator does not answer queries that it would have to guess, nor the one for the title", async () => {
  assert.deepEqual(
    await repliesTo("\x1b]2;rm -rf\x07\x1b[21t\x1b[20t\x1b[?u\x1bP+q544e\x1b\\\x1b[>0q\x1b]11;#123456\x07"),
    [],
  );
});

Deno.test("emulator answers at most 32 queries per write", async () => {
  const replies = await repliesTo("\x1b[5n".repeat(10_000));
  assert.deepEqual(replies, ["\x1b[0n".repeat(32)]);
});

Deno.test("emulator.dispose() resolves pending writes", async () => {
  const emulator = await createEmulator({ rows: 24, columns: 80 });
  const written = emulator.write(bytesOf("\x1b[31mx".repeat(2_000_000)));
  emulator.dispose();
  await written;
  await emulator.write(bytesOf("more"));
  emulator.resize({ rows: 1, columns: 1 });
  emulator.dispose();
});

Deno.test("emulator.resize() keeps what is on the screen", async () => {
  using emulator = await createEmulator({ rows: 4, columns: 20 });
  await emulator.write(bytesOf("hello\r\nworld"));
  emulator.resize({ rows: 6, columns: 10 });
  const { rows, columns, text } = emulator.screen();
  assert.deepEqual({ rows, columns, text }, { rows: 6, columns: 10, text: ["hello", "world", "", "", "", ""] });
});

Deno.test("skippable() drops only whole lines of plain text, and keeps more than the terminal holds", () => {
  const lines = (count: number, end = "\r\n") => `line${end}`.repeat(count);
  const cases: Readonly<Record<string, readonly [string, number]>> = {
    "a flood": [lines(1000), 6 * (1000 - 225)],
    "just enough": [lines(226), 6],
    "one line too few": [lines(225), 0],
    "bare line feeds": [lines(1000, "\n"), 0],
    "an escape at the start": [`\x1b[1m${lines(1000)}`, 0],
    "an escape in the middle": [`${lines(500)}\x1b[1m${lines(500)}`, 6 * (500 - 225)],
    "a bell in the middle": [`${lines(500)}\x07${lines(500)}`, 6 * (500 - 225)],
    "an 8-bit control in the middle": [`${lines(500)}\x9b1m${lines(500)}`, 6 * (500 - 225)],
    "nothing": ["", 0],
  };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    assert.equal(skippable(bytesOf(text), 24), expected, name);
  }
});

Deno.test("followSequence() knows whether more bytes would belong to a sequence", () => {
  const after = (...pieces: string[]) =>
    pieces.reduce<ReturnType<typeof followSequence>>((state, piece) => followSequence(state, bytesOf(piece)), "text");
  assert.deepEqual(
    {
      plain: after("abc"),
      escape: after("abc\x1b"),
      csi: after("\x1b[3"),
      finishedCsi: after("\x1b[3", "1m abc"),
      osc: after("\x1b]0;tit", "le"),
      finishedOsc: after("\x1b]0;tit", "le\x07abc"),
      finishedByEscape: after("\x1b]0;title\x1b\\abc"),
      dcsIsNotEndedByBell: after("\x1bPabc\x07"),
      cancelled: after("\x1b[3\x18abc"),
      eightBit: after("abc\x9b3"),
    },
    {
      plain: "text",
      escape: "escape",
      csi: "csi",
      finishedCsi: "text",
      osc: "osc",
      finishedOsc: "text",
      finishedByEscape: "text",
      dcsIsNotEndedByBell: "string",
      cancelled: "text",
      eightBit: "unknown",
    },
  );
});

/** Runs a property with the seed in the message of a failure (`FC_SEED=n` repeats it). */
async function property<T>(checked: fc.IAsyncProperty<T>): Promise<void> {
  const seed = Number(Deno.env.get("FC_SEED") ?? Date.now() % 1_000_000);
  await fc.assert(checked, { seed, numRuns: 60, interruptAfterTimeLimit: 20_000 });
}

Deno.test("emulator.write() shows the same after a flood, whether it was skipped or not", async () => {
  const before = fc.constantFrom(
    "",
    "text",
    "\x1b[31m",
    "\x1b[3",
    "\x1b]0;title",
    "\x1bPdcs",
    "\x1b[2;4r",
    "\x1b[?1049h",
    "\x1b[?1049h\x1b[3;4r\x1b[4;1H",
    "\x1b[?7l",
    "\x1b[4h",
    "\x1b(0",
    "\x1b[5;9H",
    "\x1b[?6h",
    "\x9b3",
    "é".slice(0, 1),
    "\x1b[2;3r\x1b[r",
  );
  const line = fc.constantFrom(
    "x\r\n",
    "a longer line that wraps around\r\n",
    "tab\tbed\r\n",
    "世界 é\r\n",
    "over\rwritten\r\n",
    "\n",
    "\r\n",
  );
  const lines = fc.tuple(fc.array(line, { minLength: 1, maxLength: 5 }), fc.integer({ min: 40, max: 300 }));
  const after = fc.constantFrom("", "end", "\x1b[2A|", "1m tail", "\x07 tail", "\x1b[H|", "\x1b\\ tail\r\n");
  await property(fc.asyncProperty(before, lines, after, async (start, [some, times], end) => {
    const flood = bytesOf(some.join("").repeat(times) + end);
    using whole = await createEmulator({ rows: 5, columns: 20 });
    await whole.write(bytesOf(start));
    await whole.write(flood);
    using inPieces = await createEmulator({ rows: 5, columns: 20 });
    await inPieces.write(bytesOf(start));
    // Pieces that are too short for anything to be skipped.
    for (let at = 0; at < flood.length; at += 200) await inPieces.write(flood.subarray(at, at + 200));
    assert.deepEqual(whole.screen(), inPieces.screen());
    whole.resize({ rows: 60, columns: 20 });
    inPieces.resize({ rows: 60, columns: 20 });
    assert.deepEqual(whole.screen(), inPieces.screen(), "the lines above the screen are the same too");
  }));
});

Deno.test("emulator.write() does not scroll, insert, delete or repeat as often as a hostile sequence says", async () => {
  const rows = ["one", "two", "three"];
  for (const final of ["S", "T", "L", "M", "b", "I", "Z"]) {
    // 2³¹ would take hours.
    const screen = await drawn(`${rows.join("\r\n")}\x1b[5000${final}`, { rows: 3, columns: 10 });
    assert.deepEqual([screen.text, screen.cursor.column], [rows, 5], final);
  }
});

Deno.test("emulator.write() scrolls, inserts, deletes and repeats as often as an ordinary program asks", async () => {
  const times = (sequence: string) => drawn(`one\r\ntwo\r\nthree${sequence}`, { rows: 3, columns: 10 });
  for (
    const [sequence, text] of [
      ["\x1b[2S", ["three", "", ""]],
      ["\x1b[999S", ["", "", ""]],
      ["\x1b[T", ["", "one", "two"]],
      ["\x1b[H\x1b[L", ["", "one", "two"]],
      ["\x1b[H\x1b[2M", ["three", "", ""]],
      ["\x1b[3b", ["one", "two", "threeeee"]],
      ["\x1b[I!", ["one", "two", "three   !"]],
      ["\x1b[Z!", ["one", "two", "!hree"]],
      // More than one write may have without its bytes: what a long output holds is drawn.
      ["\x1b[T".repeat(1_200), ["", "", ""]],
    ] as const
  ) {
    assert.deepEqual((await times(sequence)).text, text, sequence);
  }
});
