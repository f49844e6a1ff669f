/**
 * How long a command takes that hardly does anything: `--version`, and `status --json` without and with sessions.
 */

import { atMost, type Figure } from "./figure.ts";
import { alternate, median, spread } from "./stats.ts";
import { type Benchmark, createBenchSandbox, LINE_AGENT } from "./world.ts";

const ROUNDS = 25;
const SESSIONS = 20;
const VERSION_TARGET = atMost(1.3);
const STATUS_TARGET = atMost(2.5);

export const startup: Benchmark = {
  name: "startup",
  async run(world) {
    const { harnex, hello, cached } = world.builds;
    await using sandbox = createBenchSandbox(world);
    world.note(`${ROUNDS} rounds without sessions`);
    const version = ["--version"];
    const status = ["status", "--json"];
    const empty = await alternate({
      hello: () => sandbox.time([], hello),
      version: () => sandbox.time(version, harnex),
      cachedHello: () => sandbox.time([], cached.hello),
      cachedVersion: () => sandbox.time(version, cached.harnex),
      status: () => sandbox.time(status, harnex),
    }, ROUNDS);

    world.note(`${SESSIONS} sessions`);
    for (let index = 0; index < SESSIONS; index++) await sandbox.start(`s${index}`, LINE_AGENT);
    const busy = await alternate({
      hello: () => sandbox.time([], hello),
      status: () => sandbox.time(status, harnex),
    }, ROUNDS);
    const shown: unknown = JSON.parse(await sandbox.harnex(...status));
    if (!Array.isArray(shown) || shown.length !== SESSIONS) throw new Error("status does not show every session");

    return [
      { name: "hello world", value: median(empty("hello")), unit: "ms", note: spread(empty("hello"), "ms") },
      { name: "--version", ...ratio(empty("version"), empty("hello")), ...VERSION_TARGET },
      { name: "--version, both with code cache", ...ratio(empty("cachedVersion"), empty("cachedHello")) },
      { name: "status --json, no session", ...ratio(empty("status"), empty("hello")), ...STATUS_TARGET },
      { name: `status --json, ${SESSIONS} sessions`, ...ratio(busy("status"), busy("hello")), ...STATUS_TARGET },
    ];
  },
};

/** Of the medians; the minima, which a busy machine blurs less, stand in the note. */
function ratio(times: readonly number[], hello: readonly number[]): Pick<Figure, "value" | "unit" | "note"> {
  const ofMinima = (Math.min(...times) / Math.min(...hello)).toFixed(2);
  return {
    value: median(times) / median(hello),
    unit: "× hello",
    note: `minima ${ofMinima} ×; ${spread(times, "ms")}`,
  };
}
