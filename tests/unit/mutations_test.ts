/** The list of faults for `deno task mutate`, and how a run of tests with one of them is judged. */

import { judgeRun, mutate } from "../mutate/mutation.ts";
import { MUTATIONS } from "../mutate/mutations.ts";
import { deepEqual, equal, ok, throws } from "../support/assert.ts";
import { listFiles } from "../support/tree.ts";

Deno.test("mutate() replaces what stands there once, and refuses anything else", () => {
  const mutation = { file: "src/a.ts", find: "a < b", replace: "a <= $& b" };
  equal(mutate("if (a < b) f();", mutation), "if (a <= $& b) f();");
  throws(() => mutate("f();", mutation), { message: '"a < b" does not stand in src/a.ts' });
  throws(() => mutate("a < b; a < b", mutation), { message: '"a < b" stands 2 times in src/a.ts' });
});

Deno.test("judgeRun() tells a fault that a test caught from one that survived, or that let no test run", () => {
  const summary = (passed: number, failed: number) => `FAILED | ${passed} passed | ${failed} failed (10ms)`;
  deepEqual(
    [
      judgeRun({ code: 0, output: "ok | 3 passed | 0 failed (10ms)" }),
      judgeRun({ code: 1, output: summary(2, 1) }),
      judgeRun({ code: 1, output: "FAILED | 1 passed (4 steps) | 1 failed (10ms)" }),
      judgeRun({ code: "timeout", output: "" }),
      judgeRun({
        code: 1,
        output:
          "ok | 1 passed | 0 failed\nerror: Promise resolution is still pending but the event loop has already resolved",
      }),
      judgeRun({ code: 1, output: `error: The module's source code could not be parsed\n${summary(0, 1)}` }),
      judgeRun({ code: 1, output: `./a_test.ts (uncaught error)\n${summary(0, 1)}` }),
      judgeRun({ code: 1, output: "error: Module not found" }),
    ],
    ["survived", "caught", "caught", "caught", "caught", "broken", "broken", "broken"],
  );
});

Deno.test("every fault is of the product, has fast tests that are there, and says something of its own", () => {
  const files = listFiles(["src", "tests"]);
  const slow = /^tests\/(?:process|fault|agents|bench)\//;
  const wrong = MUTATIONS.filter(({ file, tests }) =>
    !files.includes(file) || !file.startsWith("src/") || tests.length === 0 ||
    tests.some((test) => !files.includes(test) || slow.test(test))
  );
  deepEqual(wrong, []);
  deepEqual(MUTATIONS.filter(({ find, replace }) => find === replace), []);
  const said = MUTATIONS.map(({ what }) => what);
  deepEqual(said.filter((what, index) => said.indexOf(what) !== index), []);
  ok(MUTATIONS.length >= 45, `only ${MUTATIONS.length} faults`);
});
