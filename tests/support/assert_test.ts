/**
 * An assertion that lets the wrong thing pass hides every mistake it was meant to find.
 */

import { deepEqual, equal, notEqual, throws } from "./assert.ts";

Deno.test("assertions compare strictly", () => {
  throws(() => deepEqual([1], ["1"]));
  throws(() => deepEqual({ a: undefined }, {}));
  throws(() => deepEqual(null, undefined));
  const one: unknown = 1;
  throws(() => equal(one, "1"));
  notEqual(one, "1");
});
