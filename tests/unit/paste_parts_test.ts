/**
 * A long text as several pastes: together they are the text, each holds to the limits, and no cut breaks a character.
 */

import fc from "fast-check";
import { pasteParts } from "../../src/transports/pty/paste_parts.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";

const CLAUDE = { characters: 700, lineBreaks: 2 };
const RUNS = { numRuns: 500 };
/** A family of four, a flag, a letter with two marks, a hand with a colour, Hangul from its parts. */
const CLUSTERS = ["\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}", "\u{1f1ea}\u{1f1fa}", "e\u0301\u0323"];
const HARD = [...CLUSTERS, "\u{1f44d}\u{1f3fd}", "\u1112\u1161\u11ab", "\n", "\n\n\n", "a", "漢", "x".repeat(90)];
const limits = fc.record({ characters: fc.integer({ min: 2, max: 900 }), lineBreaks: fc.integer({ min: 1, max: 4 }) });
const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 3_000 }),
  fc.array(fc.constantFrom(...HARD), { maxLength: 400 }).map((pieces) => pieces.join("")),
);

Deno.test("pasteParts() gives the text, in parts that hold to any limits and split no code point", () => {
  fc.assert(
    fc.property(texts, limits, (text, { characters, lineBreaks }) => {
      const parts = pasteParts(text, { characters, lineBreaks });
      equal(parts.join(""), text);
      for (const part of parts) {
        ok(part.length <= characters, `${part.length} characters`);
        ok(part.split("\n").length - 1 <= lineBreaks, "too many line breaks");
        ok(part !== "" || text === "", "an empty part");
        ok(text.isWellFormed() === false || part.isWellFormed(), "a broken surrogate pair");
      }
    }),
    RUNS,
  );
});

Deno.test("pasteParts() splits no character that is made of several code points", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...HARD), { maxLength: 800 }), (pieces) => {
      const text = pieces.join("");
      const starts = new Set([...new Intl.Segmenter().segment(text)].map(({ index }) => index));
      let at = 0;
      for (const part of pasteParts(text, CLAUDE)) {
        ok(at === 0 || starts.has(at), `a cut at ${at} of ${JSON.stringify(text.slice(at - 12, at + 12))}`);
        at += part.length;
      }
    }),
    RUNS,
  );
});

Deno.test("pasteParts() cuts no sooner than it must", () => {
  const lengths = (text: string) => pasteParts(text, CLAUDE).map((part) => part.length);
  deepEqual(lengths(""), [0]);
  deepEqual(lengths("x".repeat(700)), [700]);
  deepEqual(lengths("x".repeat(701)), [700, 1]);
  deepEqual(pasteParts("1\n2\n3", CLAUDE), ["1\n2\n3"]);
  deepEqual(pasteParts("1\n2\n3\n4\n5\n6\n7", CLAUDE), ["1\n2\n3", "\n4\n5", "\n6\n7"]);
  equal(lengths("x".repeat(20 * 1024)).length, 30);
  // A character that is longer than anyone writes is cut between its code points.
  const tall = `a${"\u0301".repeat(2_000)}`;
  deepEqual(lengths(tall), [700, 700, 601]);
});
