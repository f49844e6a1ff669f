/**
 * Processes are found by their environment however short they live, as long as each has started the next one.
 */

import { findByEnvironment } from "../../src/platform/by_environment.ts";
import { equal, ok } from "../support/assert.ts";
import { until } from "../support/until.ts";

const ROUNDS = 50;
/** Lives for a hundredth of a second, a thousand times over: each starts the next in a session of its own, and ends. */
const HOP = 'trap "" TERM; sleep 0.01; [ "$0" -gt 1000 ] || setsid sh -c "$1" "$(($0 + 1))" "$1" & exit';

Deno.test({
  name: "findByEnvironment() misses no process that is always another one, and its signal ends it",
  ignore: Deno.build.os !== "linux", // where no system tells the environment
  async fn() {
    const mark = `HOPPER=${crypto.randomUUID()}`;
    const [name = "", value = ""] = mark.split("=");
    const child = new Deno.Command("sh", { args: ["-c", HOP, "0", HOP], env: { [name]: value }, stdin: "null" })
      .spawn();
    await child.status;
    for (let round = 0; round < ROUNDS; round++) {
      ok((await findByEnvironment(mark)).length > 0, `missed in round ${round}`);
    }
    const isOver = async () => (await findByEnvironment(mark, "SIGKILL")).length === 0 || undefined;
    await until(20_000, isOver, "the end of it");
    equal((await findByEnvironment(mark)).length, 0);
  },
});
