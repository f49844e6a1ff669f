/**
 * Work on one agent, one piece after the other.
 */

import { createOneAtATime } from "../../src/transports/one_at_a_time.ts";
import { deepEqual, equal } from "../support/assert.ts";

Deno.test("createOneAtATime() begins a piece of work when the one before it has ended, also when that failed", async () => {
  const oneAtATime = createOneAtATime();
  const order: string[] = [];
  const gate = Promise.withResolvers<string>();
  const first = oneAtATime(async () => {
    order.push("first begins");
    await gate.promise;
    order.push("first fails");
    throw new Error("no");
  });
  const second = oneAtATime(() => Promise.resolve(order.push("second")));
  await Promise.resolve();
  deepEqual(order, ["first begins"]);
  gate.resolve("go");
  equal(await first.catch((error) => error.message), "no");
  await second;
  deepEqual(order, ["first begins", "first fails", "second"]);
});
