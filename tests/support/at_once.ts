/** Tests that mostly wait, a few at a time, each a step of its own. Leaks are looked for in the whole. */

import { concurrently } from "./concurrently.ts";

/** More only wait for each other on two cores. */
const AT_ONCE = 4;

export interface Case {
  name: string;
  ignore?: boolean;
  fn: () => Promise<void>;
}

export function testAtOnce(name: string, ignore: boolean, cases: readonly Case[]): void {
  Deno.test({
    name,
    ignore,
    async fn(test) {
      await concurrently(AT_ONCE, cases, async (one) => {
        await test.step({ ...one, sanitizeOps: false, sanitizeResources: false, sanitizeExit: false });
      });
    },
  });
}
