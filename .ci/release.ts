/**
 * Puts together what a release has besides its programs: `deno run -A .ci/release.ts --base URL [--dist FOLDER]`.
 * Reads harnex-<target> for each target in the folder; writes SHA256SUMS, install.sh, harnex.rb (a Homebrew formula)
 * and npm/<package>/. Publishes nothing.
 */

import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { installScript } from "../src/client/release_shell.ts";
import { VERSION } from "../src/model/version.ts";

/** By target of `deno compile`: how npm and Homebrew name the same. */
const PLATFORMS = {
  "x86_64-unknown-linux-gnu": { os: "linux", cpu: "x64", brew: ["on_linux", "on_intel"] },
  "aarch64-unknown-linux-gnu": { os: "linux", cpu: "arm64", brew: ["on_linux", "on_arm"] },
  "x86_64-apple-darwin": { os: "darwin", cpu: "x64", brew: ["on_macos", "on_intel"] },
  "aarch64-apple-darwin": { os: "darwin", cpu: "arm64", brew: ["on_macos", "on_arm"] },
} as const;

const DESCRIPTION = "Runs AI coding agents in sessions that people and scripts can watch, instruct and stop";

const { values } = parseArgs({
  args: Deno.args,
  options: { base: { type: "string" }, dist: { type: "string", default: "dist" } },
});
if (values.base === undefined) {
  console.error("release: --base is missing: the address of the folder that holds v<version>/");
  Deno.exit(2);
}
const base = values.base.replace(/\/+$/, "");
const dist = resolve(values.dist);
const sums = new Map(Object.keys(PLATFORMS).map((target) => [target, sumOf(join(dist, `harnex-${target}`))]));

write("SHA256SUMS", [...sums].map(([target, sum]) => `${sum}  harnex-${target}\n`).join(""));
write("install.sh", installScript({ version: VERSION, base, sums }));
write("harnex.rb", formula());
for (const [target, { os, cpu }] of Object.entries(PLATFORMS)) {
  const name = `harnex-${os}-${cpu}`;
  write(`npm/${name}/package.json`, manifest({ name, os: [os], cpu: [cpu], files: ["bin/harnex"] }));
  Deno.mkdirSync(join(dist, "npm", name, "bin"), { recursive: true });
  Deno.copyFileSync(join(dist, `harnex-${target}`), join(dist, "npm", name, "bin/harnex"));
  Deno.chmodSync(join(dist, "npm", name, "bin/harnex"), 0o755);
}
const optionalDependencies = Object.fromEntries(
  Object.values(PLATFORMS).map(({ os, cpu }) => [`harnex-${os}-${cpu}`, VERSION]),
);
write("npm/harnex/package.json", manifest({ name: "harnex", bin: { harnex: "harnex.js" }, optionalDependencies }));
write("npm/harnex/harnex.js", launcher());

function sumOf(path: string): string {
  return createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
}

function write(name: string, text: string): void {
  const path = join(dist, name);
  Deno.mkdirSync(join(path, ".."), { recursive: true });
  Deno.writeTextFileSync(path, text);
  console.log(path);
}

function manifest(fields: { name: string } & Record<string, unknown>): string {
  const shared = { version: VERSION, description: DESCRIPTION, license: "MIT", ...fields };
  return `${JSON.stringify(shared, undefined, 2)}\n`;
}

/** Finds the program that npm installed for this machine, and stands aside: nothing is fetched, nothing is compiled. */
function launcher(): string {
  return `#!/usr/bin/env node
"use strict";
const { spawn } = require("node:child_process");

const name = \`harnex-\${process.platform}-\${process.arch}\`;
let program;
try {
  program = require.resolve(\`\${name}/bin/harnex\`);
} catch {
  console.error(\`harnex: the package \${name} is missing: install harnex again, without --omit=optional\`);
  process.exit(1);
}
const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(\`harnex: \${program} does not start: \${error.message}\`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
`;
}

function formula(): string {
  const systems = ["on_macos", "on_linux"].flatMap((system) => [
    `  ${system} do`,
    ...Object.entries(PLATFORMS).filter(([, { brew }]) => brew[0] === system).flatMap(([target, { brew }]) => [
      `    ${brew[1]} do`,
      `      url "${base}/v${VERSION}/harnex-${target}"`,
      `      sha256 "${sums.get(target)}"`,
      "    end",
    ]),
    "  end",
    "",
  ]);
  return [
    "class Harnex < Formula",
    `  desc "${DESCRIPTION}"`,
    `  homepage "${base.replace(/\/releases\/download$/, "")}"`,
    `  version "${VERSION}"`,
    '  license "MIT"',
    "",
    ...systems,
    "  def install",
    '    bin.install Dir["harnex-*"].first => "harnex"',
    '    generate_completions_from_executable(bin/"harnex", "completions")',
    "  end",
    "",
    "  test do",
    '    assert_match "harnex #{version}", shell_output("#{bin}/harnex --version")',
    "  end",
    "end",
    "",
  ].join("\n");
}
