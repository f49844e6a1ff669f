/**
 * `deno task bench [--json] [--full] [names…]`: measures the compiled program against its budgets. A missed target is
 * reported, not an error: the exit status is 0 unless a measurement itself failed.
 */

import { parseArgs } from "node:util";
import { VERSION } from "../../src/model/version.ts";
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
  options: { json: { type: "boolean", default: false }, full: { type: "boolean", default: false } },
  allowPositionals: true,
});
const unknown = names.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (unknown !== undefined) {
  console.error(`bench: no benchmark "${unknown}"; there are: ${BENCHMARKS.map(({ name }) => name).join(", ")}`);
  Deno.exit(2);
}

const note = (text: string) => console.error(`bench: ${text}`);
const builds = await build(note);
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
      version: VERSION,
      deno: Deno.version.deno,
      os: Deno.build.target,
      cores: navigator.hardwareConcurrency,
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
