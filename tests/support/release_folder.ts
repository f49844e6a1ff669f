/**
 * A release as it would be published, in a folder of this machine: `<base>/v<version>/…`, made by .ci/release.ts.
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { VERSION } from "../../src/model/version.ts";
import { denoDir, harnexProgram } from "./cli.ts";
import { ROOT } from "./tree.ts";

const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
];

export interface ReleaseFolder {
  /** `file://…` */
  base: string;
  /** holds v<version>/ */
  path: string;
  /** the folder of this version */
  files: string;
  /** this machine's program in it */
  program: string;
}

/** The program for this machine is the one under test; those for others only have a name and a checksum. */
export async function makeRelease(path: string): Promise<ReleaseFolder> {
  const files = join(path, `v${VERSION}`);
  Deno.mkdirSync(files, { recursive: true });
  const here = `${Deno.build.arch}-${Deno.build.os === "darwin" ? "apple-darwin" : "unknown-linux-gnu"}`;
  for (const target of TARGETS) {
    const program = join(files, `harnex-${target}`);
    if (target === here) await placeProgram(program);
    else Deno.writeTextFileSync(program, `no program for this machine: ${target}\n`);
  }
  const base = pathToFileURL(path).href;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--frozen", join(ROOT, ".ci/release.ts"), "--base", base, "--dist", files],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return { base, path, files, program: join(files, `harnex-${here}`) };
}

/** The compiled program itself, or a script that runs the source. */
async function placeProgram(to: string): Promise<void> {
  const [program = "", ...args] = harnexProgram();
  if (args.length === 0) return await Deno.copyFile(program, to);
  const words = [program, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  Deno.writeTextFileSync(to, `#!/bin/sh\nDENO_DIR='${denoDir()}' DENO_NO_UPDATE_CHECK=1 exec ${words} "$@"\n`);
}
