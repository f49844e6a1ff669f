/**
 * Prompts that an agent's hook reports, as evidence that a message was taken.
 */

import { createReportedPrompts } from "../../src/transports/pty/reported_prompts.ts";
import { equal } from "../support/assert.ts";
import { settle } from "../support/fake_clock.ts";

Deno.test("ReportedPrompts.includes() compares the words, not the blanks between them", () => {
  const prompts = createReportedPrompts();
  prompts.add("fix the build\nnow");
  equal(prompts.includes("  fix\tthe build\n\nnow "), true);
  equal(prompts.includes("fix the build"), false);
});

Deno.test("ReportedPrompts.awaits() resolves by the report of its own text alone", async () => {
  const prompts = createReportedPrompts();
  let taken = false;
  void prompts.awaits("fix the build").then(() => taken = true);
  prompts.add("something that a user typed");
  await settle();
  equal(taken, false);
  prompts.add("fix the build");
  await settle();
  equal(taken, true);
});

Deno.test("ReportedPrompts.forget() drops what was reported before", () => {
  const prompts = createReportedPrompts();
  prompts.add("again");
  prompts.forget();
  equal(prompts.includes("again"), false);
});

Deno.test("ReportedPrompts keeps the newest eight", () => {
  const prompts = createReportedPrompts();
  for (let n = 1; n <= 9; n++) prompts.add(`prompt ${n}`);
  equal(prompts.includes("prompt 1"), false);
  equal(prompts.includes("prompt 2"), true);
});
