/**
 * A message that stands in the input box: on its way, given back after an interrupt, or not ours at all.
 */

import { createOwnText } from "../../src/transports/pty/returned_draft.ts";
import type { Screen } from "../../src/transports/terminal/screen.ts";
import { deepEqual, equal } from "../support/assert.ts";

/** A screen whose first row is the box. */
function boxOf(text: string): Screen {
  return {
    rows: 24,
    columns: 80,
    text: [text],
    solid: [text],
    cursor: { row: 0, column: text.length, visible: true },
    title: "",
    agentReport: undefined,
    bracketedPaste: true,
    alternate: false,
  };
}

const READY = { kind: "ready", label: "prompt" } as const;

const ownText = () =>
  createOwnText({
    inputBox: "certain",
    draft: (screen) => screen.text[0],
    fromScreen: () => READY,
  });

Deno.test("a message that is back in the box after it was taken tells that its turn was interrupted", () => {
  const own = ownText();
  own.note("fix the build");
  deepEqual(own.read(boxOf("fix the build")), READY, "its Enter is still on its way");
  deepEqual(own.read(boxOf("")), READY);
  equal(own.read(boxOf("fix the  build")).kind, "ready");
  deepEqual(own.read(boxOf("fix the build")), {
    ...READY,
    lastTurn: { outcome: "interrupted", detail: "interrupted: the message is back in the input box" },
  });
  equal(own.isIn(boxOf("fix the build")), true);
});

Deno.test("what a person has typed, or added, is no text of ours", () => {
  const own = ownText();
  own.note("fix the build");
  own.read(boxOf(""));
  for (const text of ["something else", "fix the build now", ""]) {
    deepEqual(own.read(boxOf(text)), READY, text);
    equal(own.isIn(boxOf(text)), false);
  }
});
