/**
 * Compiles the bundle in build/ to one program in dist/: `deno task compile [--target <triple>]`.
 * Compiling the sources themselves would embed every package of deno.json whole and start twice as slowly.
 */

import { parseArgs } from "node:util";
import { COMPILE_FLAGS } from "./compile_flags.ts";

const ROOT = new URL("../", import.meta.url);
const BUILD = new URL("build/", ROOT);
const DIST = new URL("dist/", ROOT);

/** What a release is made for, by the names that `deno compile` gives them. */
const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
];

const { values } = parseArgs({ args: Deno.args, options: { target: { type: "string" } } });
const { target } = values;
if (target !== undefined && !TARGETS.includes(target)) {
  console.error(`compile: no target "${target}"; there are: ${TARGETS.join(", ")}`);
  Deno.exit(2);
}

// The bundle lies in build/src, so that ../guides is the embedded folder in source, bundle and binary alike.
await Deno.remove(new URL("guides", BUILD), { recursive: true }).catch(ignoreMissing);
await copyFolder(new URL("guides/", ROOT), new URL("guides/", BUILD));
await Deno.mkdir(DIST, { recursive: true });

const name = target === undefined ? "harnex" : `harnex-${target}`;
const output = new URL(name, DIST).pathname;
const args = ["compile", ...COMPILE_FLAGS, "--include", "guides", "-o", output, "src/main.js"];
if (target !== undefined) args.splice(1, 0, "--target", target);
const { code } = await new Deno.Command(Deno.execPath(), { args, cwd: BUILD }).spawn().status;
if (code === 0) console.log(`dist/${name}  ${(Deno.statSync(output).size / 1e6).toFixed(1)} MB`);
Deno.exit(code);

async function copyFolder(from: URL, to: URL): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(new URL(`${name}/`, from), new URL(`${name}/`, to));
    else await Deno.copyFile(new URL(name, from), new URL(name, to));
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
