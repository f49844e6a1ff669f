/**
 * How long `history` takes over a long ledger: it should grow with what is printed, not with the file.
 */

import { join } from "node:path";
import { writeLedger } from "../support/ledger_entry.ts";
import { atMost, type Figure } from "./figure.ts";
import { alternate, median, spread } from "./stats.ts";
import { type Benchmark, createBenchSandbox } from "./world.ts";

const ROUNDS = 15;
const SHORT = 1_000;
const LONG = 100_000;
/** No more than a busy machine blurs. */
const SAME = atMost(1.2);

export const history: Benchmark = {
  name: "history",
  async run(world) {
    await using short = createBenchSandbox(world);
    await using long = createBenchSandbox(world);
    world.note(`ledgers of ${SHORT} and ${LONG} dispatches`);
    writeLedger(join(short.stateDir, "dispatches.jsonl"), SHORT);
    writeLedger(join(long.stateDir, "dispatches.jsonl"), LONG);
    const ask = (limit: number) => ["history", "--all", "--json", "--limit", String(limit)];
    for (const limit of [20, 500]) {
      const shown: unknown = JSON.parse(await long.harnex(...ask(limit)));
      if (!Array.isArray(shown) || shown.length !== limit) throw new Error(`history does not show ${limit} dispatches`);
    }
    const times = await alternate({
      short20: () => short.time(ask(20)),
      long20: () => long.time(ask(20)),
      short500: () => short.time(ask(500)),
      long500: () => long.time(ask(500)),
    }, ROUNDS);
    const compared = (name: "20" | "500"): Figure => ({
      name: `history --limit ${name}, ${LONG} dispatches to ${SHORT}`,
      value: median(times(`long${name}`)) / median(times(`short${name}`)),
      unit: "×",
      note: spread(times(`long${name}`), "ms"),
      ...SAME,
    });
    return [
      { name: `history --limit 20, ${LONG} dispatches`, value: median(times("long20")), unit: "ms" },
      compared("20"),
      compared("500"),
    ];
  },
};
