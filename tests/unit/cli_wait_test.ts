/** What `wait --until` takes for a state. */

import { LABELS, UNTIL } from "../../src/cli/specs/wait.ts";
import { deepEqual } from "../support/assert.ts";
import { listFiles, readText } from "../support/tree.ts";

/** `label: "x"`, also as a constant, a variable, or one of two; and that of a profile, but not of its choices. */
const LABEL = /\blabel(?::| =)[^,\n]*?"([a-z-]+)"(?: : "([a-z-]+)")?|_LABEL = "([a-z-]+)"|^ +"label": "([a-z-]+)"/gm;

Deno.test("wait --until knows every name that an adapter gives to a state, and no other", () => {
  const texts = listFiles(["src"]).filter((path) => path.startsWith("src/adapters/")).map(readText);
  const named = texts.flatMap((text) => [...text.matchAll(LABEL)].flatMap(([, ...names]) => names));
  const labels = new Set(named.filter((name) => name !== undefined && !UNTIL.includes(name)));
  deepEqual([...labels].sort(), [...LABELS].sort());
});
