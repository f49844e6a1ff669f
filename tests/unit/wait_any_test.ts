/** firstOutcome(): which of several waits counts. */

import { firstOutcome } from "../../src/client/wait_any.ts";
import type { WaitOutcome } from "../../src/client/wait.ts";
import { HarnexError } from "../../src/model/errors.ts";
import { deepEqual, rejects } from "../support/assert.ts";

const known = (id: string): WaitOutcome => ({ answer: { ok: true, id }, code: 0 });
const unknown = (id: string): WaitOutcome => ({
  answer: { ok: false, id },
  code: 1,
  unknown: new HarnexError("not_found", `no ${id}`),
});
const never = new Promise<WaitOutcome>(() => {});

Deno.test("firstOutcome() passes over unknown ids, and reports each", async () => {
  const notes: string[] = [];
  const waits = [Promise.resolve(unknown("a")), Promise.resolve(known("b")), never];
  deepEqual(await firstOutcome(waits, (text) => notes.push(text)), [known("b")]);
  deepEqual(notes, ["no a"]);
});

Deno.test("firstOutcome() gives every outcome when no id is known", async () => {
  const notes: string[] = [];
  const outcomes = await firstOutcome([unknown("a"), unknown("b")].map((one) => Promise.resolve(one)), (text) => {
    notes.push(text);
  });
  deepEqual([outcomes.map(({ answer }) => answer["id"]), notes], [["a", "b"], ["no a"]]);
});

Deno.test("firstOutcome() fails with a wait that fails", async () => {
  await rejects(firstOutcome([Promise.reject(new Error("broken")), never], () => {}), /broken/);
});
