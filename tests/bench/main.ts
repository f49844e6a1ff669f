/**
 * `deno task bench [--json] [--full] [names…]`: measures the compiled program against its budgets. A missed target is
 * reported, not an error: the exit status is 0 unless a measurement itself failed. `--check` measures the start-up alone
 * and fails when a ratio is more than a quarter above `baseline.json`, twice; `--baseline` writes that file.
 */

import { parseArgs } from "node:util";
import { VERSION } from "../../src/model/version.ts";
import { compare, readBaseline, writeBaseline } from "./baseline.ts";
import { build } from "./build.ts";
import { type Figure, isMet, renderTable } from "./figure.ts";
import { history } from "./history.ts";
import { idle } from "./idle.ts";
import { many } from "./many.ts";
import { memory } from "./memory.ts";
import { send } from "./send.ts";
import { startup } from "./startup.ts";
import { throughput } from "./throughput.ts";
import { wait } from "./wait.ts";
import { waitMany } from "./wait_many.ts";
import type { Benchmark } from "./world.ts";

const BENCHMARKS: readonly Benchmark[] = [startup, send, wait, waitMany, idle, memory, throughput, many, history];

const { values: options, positionals: names } = parseArgs({
  args: Deno.args,
  options: {
    json: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    baseline: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const unknown = names.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (unknown !== undefined) {
  console.error(`bench: no benchmark "${unknown}"; there are: ${BENCHMARKS.map(({ name }) => name).join(", ")}`);
  Deno.exit(2);
}

const note = (text: string) => console.error(`bench: ${text}`);
const builds = await build(note);
if (options.check) Deno.exit(await check() ? 0 : 1);
if (options.baseline) {
  writeBaseline(await startup.run({ builds, full: false, note }));
  Deno.exit(0);
}
const figures: (Figure & { benchmark: string })[] = [];
const failures: string[] = [];
for (const benchmark of BENCHMARKS) {
  const { name } = benchmark;
  if (names.length > 0 && !names.includes(name)) continue;
  if (benchmark.linuxOnly && Deno.build.os !== "linux") {
    note(`${name}: not measured here, it reads /proc`);
    continue;
  }
  try {
    const world = { builds, full: options.full, note: (text: string) => note(`${name}: ${text}`) };
    figures.push(...(await benchmark.run(world)).map((figure) => ({ benchmark: name, ...figure })));
  } catch (error) {
    failures.push(name);
    note(`${name} failed: ${error instanceof Error ? error.stack : error}`);
  }
}

if (options.json) {
  console.log(JSON.stringify(
    {
      schema: 1,
      version: VERSION,
      deno: Deno.version.deno,
      machine: {
        target: Deno.build.target,
        kernel: Deno.osRelease(),
        cores: navigator.hardwareConcurrency,
        memory_mb: Math.round(Deno.systemMemoryInfo().total / 2 ** 20),
        // what else ran tells how far the figures can be trusted
        load: Deno.loadavg(),
      },
      at: new Date().toISOString(),
      full: options.full,
      figures: figures.map((figure) => ({ ...figure, met: isMet(figure) })),
      failures,
    },
    null,
    2,
  ));
} else console.log(renderTable(figures));
Deno.exit(failures.length > 0 ? 1 : 0);

/** Whether no ratio is a regression, at the first try or the second: noise seldom comes twice. */
async function check(): Promise<boolean> {
  const baseline = readBaseline();
  for (const attempt of [1, 2]) {
    const found = compare(await startup.run({ builds, full: false, note }), baseline);
    for (const { name, value, baseline: known, isWorse } of found) {
      note(
        `${name}: ${value.toFixed(2)} × hello, baseline ${known ?? "none"}${
          isWorse ? ", more than a quarter worse" : ""
        }`,
      );
    }
    if (!found.some(({ isWorse }) => isWorse)) return true;
    note(attempt === 1 ? "measuring once more" : "a regression, or a machine that is too busy to tell");
  }
  return false;
}
