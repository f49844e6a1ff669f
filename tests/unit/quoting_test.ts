import { deepEqual, equal } from "../support/assert.ts";
import fc from "fast-check";
import { quotedForShell } from "../../src/text/quoting.ts";
import { fuzz } from "../support/fuzz.ts";

Deno.test("quotedForShell() puts text in single quotes, and steps out of them for each of its own", () => {
  equal(quotedForShell(""), "''");
  equal(quotedForShell("plain"), "'plain'");
  equal(quotedForShell("it's"), `'it'\\''s'`);
  equal(quotedForShell('$HOME `id` \\ "\n*'), "'$HOME `id` \\ \"\n*'");
});

/** Characters of every kind that some shell treats apart, every other control character, and text beyond ASCII. */
const CHARACTER = fc.oneof(
  fc.constantFrom(..."'\"\\$`!#&|;()<>{}[]*?~=%^-+,./: \t\n\r"),
  fc.integer({ min: 1, max: 0x7f }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0x80, max: 0x2ff }).map((code) => String.fromCharCode(code)),
  fc.constantFrom("\u2028", "\u202e", "\ufeff", "任", "🚀", "é"),
);
const WORD = fc.array(CHARACTER, { maxLength: 30 }).map((characters) => characters.join(""));

/** The words that a shell hands to a program, given this text as a command's arguments. */
async function wordsOf(text: string): Promise<string[]> {
  const command = new Deno.Command("/bin/sh", { args: ["-c", `printf '%s\\0' ${text}`], stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(stdout).split("\0").slice(0, -1);
}

Deno.test("quotedForShell() gives each text back from a real shell as one word, whatever it holds", async () => {
  const ascii = Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1));
  deepEqual(await wordsOf(ascii.map(quotedForShell).join(" ")), ascii);
  await fc.assert(
    fc.asyncProperty(fc.array(WORD, { minLength: 1, maxLength: 20 }), async (words) => {
      deepEqual(await wordsOf(words.map(quotedForShell).join(" ")), words);
    }),
    fuzz(40),
  );
});
