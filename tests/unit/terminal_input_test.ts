import { followDraft, readTerminalInput } from "../../src/transports/pty/terminal_input.ts";
import { deepEqual, equal } from "../support/assert.ts";

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const textOf = (given: Uint8Array) => String.fromCharCode(...given);

Deno.test("readTerminalInput() removes the terminal's own answers, and tells keys from mouse and focus", () => {
  const answers = [
    "\x1b[?1;2c",
    "\x1b[>0;276;0c",
    "\x1b[12;40R",
    "\x1b[0n",
    "\x1b[?2026;2$y",
    "\x1b]11;rgb:0/0/0\x1b\\",
    "\x1bP>|xterm\x1b\\",
    "\x1b[?0u",
    "\x1b[8;30;100t",
  ];
  const pointer = ["\x1b[I", "\x1b[O", "\x1b[<0;1;2M", "\x1b[<0;1;2m"];
  const keys = ["a", "\r", "\x1b[A", "\x1bOA", "\x1b[13;2u", "\x1b[200~", "\x1b[3~", "\x1bb"];
  for (const answer of answers) {
    const read = readTerminalInput(bytes(`x${answer}y`));
    deepEqual([textOf(read.meant), read.keys], ["xy", ["x", "y"]], JSON.stringify(answer));
  }
  for (const move of pointer) {
    const read = readTerminalInput(bytes(move));
    deepEqual([textOf(read.meant), read.keys], [move, []], JSON.stringify(move));
  }
  for (const key of keys) deepEqual(readTerminalInput(bytes(key)).keys, [key]);
});

Deno.test("readTerminalInput() keeps all of a long paste", () => {
  const long = "p".repeat(50_000);
  equal(textOf(readTerminalInput(bytes(long)).meant), long);
});

Deno.test("followDraft() ends a draft with Enter, and with nothing else", () => {
  const after = (text: string) =>
    followDraft({ typed: false, pasting: false }, readTerminalInput(bytes(text)).keys).typed;
  deepEqual(
    ["a", "a\r", "a\rb", "\x1b[200~one\rtwo\r", "\x1b[200~one\r\x1b[201~", "\x1b[200~one\x1b[201~\r", "a\x1b\r"].map(
      after,
    ),
    [
      true,
      false,
      true,
      true,
      true,
      false,
      true,
    ],
  );
});
