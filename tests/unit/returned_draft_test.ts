/**
 * A text in the input box: our message before it was taken, our message given back, or a user's own words.
 */

import { createReturnedDraft } from "../../src/transports/pty/returned_draft.ts";
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

const INTERRUPTED = { outcome: "interrupted", detail: "the message is back" } as const;
const READY = { kind: "ready", label: "prompt" } as const;

const returnedDraft = () =>
  createReturnedDraft({
    inputBox: "certain",
    draft: (screen) => screen.text[0],
    fromScreen: () => READY,
    returnedDraftMeans: INTERRUPTED,
  });

Deno.test("createReturnedDraft() reads a message that is back in the box after it was taken as the end of its turn", () => {
  const draft = returnedDraft();
  draft.note("fix the build");
  deepEqual(draft.read(boxOf("fix the build")), READY, "its Enter is still on its way");
  deepEqual(draft.read(boxOf("")), READY);
  equal(draft.read(boxOf("fix the  build")).kind, "ready");
  deepEqual(draft.read(boxOf("fix the build")), { ...READY, lastTurn: INTERRUPTED });
  equal(draft.isIn(boxOf("fix the build")), true);
});

Deno.test("createReturnedDraft() ignores what a user has typed or added", () => {
  const draft = returnedDraft();
  draft.note("fix the build");
  draft.read(boxOf(""));
  for (const text of ["something else", "fix the build now", ""]) {
    deepEqual(draft.read(boxOf(text)), READY, text);
    equal(draft.isIn(boxOf(text)), false);
  }
});

Deno.test("createReturnedDraft() says nothing about the turn for an agent that gives no message back", () => {
  const draft = createReturnedDraft({
    inputBox: "certain",
    draft: (screen) => screen.text[0],
    fromScreen: () => READY,
  });
  draft.note("fix the build");
  draft.read(boxOf(""));
  deepEqual(draft.read(boxOf("fix the build")), READY);
  equal(draft.isIn(boxOf("fix the build")), true);
});
