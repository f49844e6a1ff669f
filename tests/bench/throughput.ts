/**
 * How fast an agent's output reaches the transcript while the screen is read, beside the same bytes through a bare
 * pipe and through `script` alone.
 */

import { atLeast, type Figure } from "./figure.ts";
import { startFlood } from "./flood_source.ts";
import { alternate, median, spread } from "./stats.ts";
import { type Benchmark, createBenchSandbox, type World } from "./world.ts";

const ROUNDS = 5;
const MEGABYTES = 100;
const TARGET = atLeast(40);

export const throughput: Benchmark = {
  name: "throughput",
  async run(world) {
    return [...await measure(world, "text"), ...await measure(world, "colour")];
  },
};

async function measure(world: World, kind: "text" | "colour"): Promise<Figure[]> {
  await using sandbox = createBenchSandbox(world);
  world.note(`${ROUNDS + 1} × ${MEGABYTES} MB of ${kind}`);
  await using flood = await startFlood(sandbox, { id: kind, megabytes: MEGABYTES, kind });
  const { path, bytes } = flood;
  const times = await alternate({
    pipe: () => drain(["cat", path], bytes),
    script: () => drain(scriptOf(`stty -opost; exec cat '${path}'`), bytes),
    session: () => flood.run(),
  }, ROUNDS);
  const speed = (name: "pipe" | "script" | "session") => times(name).map((ms) => bytes / 1000 / ms);
  const session = median(speed("session"));
  const ratioTo = (name: "pipe" | "script"): Pick<Figure, "value" | "unit" | "note"> => ({
    value: session / median(speed(name)),
    unit: `× ${name}`,
    note: spread(speed(name), "MB/s"),
  });
  return [
    {
      name: `transcript of ${kind}, every byte compared`,
      value: session,
      unit: "MB/s",
      ...TARGET,
      note: spread(speed("session"), "MB/s"),
    },
    { name: `transcript of ${kind} beside script alone`, ...ratioTo("script") },
    { name: `transcript of ${kind} beside a bare pipe`, ...ratioTo("pipe") },
  ];
}

function scriptOf(command: string): string[] {
  return Deno.build.os === "linux"
    ? ["script", "-qfec", command, "/dev/null"]
    : ["script", "-q", "-t", "0", "/dev/null", "/bin/sh", "-c", command];
}

/** Reads what a program prints, and does nothing with it; milliseconds. */
async function drain([program = "", ...args]: readonly string[], bytes: number): Promise<number> {
  const startedAt = performance.now();
  const child = new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "null" }).spawn();
  let size = 0;
  for await (const chunk of child.stdout) size += chunk.length;
  const took = performance.now() - startedAt;
  await child.status;
  if (size !== bytes) throw new Error(`${program} gave ${size} of ${bytes} bytes`);
  return took;
}
