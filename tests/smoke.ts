/**
 * The compiled program does what the source does where compiling could break it: packages, guides, exit codes.
 * `deno task smoke` tries `dist/harnex`, or the program that HARNEX_BIN names.
 */

import { join, resolve } from "node:path";
import config from "../deno.json" with { type: "json" };
import { deepEqual, equal, match, notEqual } from "./support/assert.ts";
import { createSandbox } from "./support/cli.ts";
import { listFiles, ROOT } from "./support/tree.ts";

const program = [resolve(ROOT, Deno.env.get("HARNEX_BIN") || "dist/harnex")];

async function harnex(...args: string[]) {
  await using sandbox = createSandbox();
  return await sandbox.run(args, { program });
}

Deno.test("smoke: --version names the version of deno.json", async () => {
  const { code, stdout, stderr } = await harnex("--version");
  deepEqual({ code, stderr }, { code: 0, stderr: "" });
  match(stdout, new RegExp(`^harnex ${config.version.replaceAll(".", "\\.")} \\(\\d{4}-\\d{2}-\\d{2}\\)\n$`));
});

Deno.test("smoke: help names the commands and the guides", async () => {
  for (const args of [[], ["--help"], ["help"]]) {
    const { code, stdout } = await harnex(...args);
    equal(code, 0);
    for (const word of ["run", "send", "wait", "harnex guide", "harnex agents-guide"]) {
      equal(stdout.includes(word), true);
    }
  }
});

Deno.test("smoke: an unknown command is a usage error of one line and a hint", async () => {
  const { code, stdout, stderr } = await harnex("no-such-command");
  deepEqual({ code, stdout }, { code: 2, stdout: "" });
  match(stderr, /^harnex: .*no-such-command.*\n/);
  match(stderr, /Try: harnex --help/);
});

Deno.test("smoke: the guides are embedded", async () => {
  const { code, stdout } = await harnex("guide");
  equal(code, 0);
  match(stdout, /harnex run /);
  for (const topic of ["dispatch", "chain", "buddy", "monitoring", "naming"]) {
    const shown = await harnex("agents-guide", "show", topic);
    equal(shown.code, 0, shown.stderr);
    notEqual(shown.stdout.trim(), "");
  }
});

Deno.test("smoke: every recipe of the tree is embedded", async () => {
  const names = listFiles(["guides"]).flatMap((path) => /^guides\/recipes\/(.+)\.md$/.exec(path)?.[1] ?? []);
  notEqual(names.length, 0);
  for (const name of names) {
    const { code, stdout } = await harnex("recipes", "show", name);
    equal(code, 0, name);
    equal(stdout.trim(), Deno.readTextFileSync(join(ROOT, `guides/recipes/${name}.md`)).trim());
  }
});

Deno.test("smoke: doctor --adapter generic finds this machine healthy", async () => {
  const { code, stdout, stderr } = await harnex("doctor", "--adapter", "generic");
  const answer = JSON.parse(stdout);
  deepEqual({ code, ok: answer.ok }, { code: 0, ok: true }, stdout + stderr);
  equal(stdout.trimEnd().includes("\n"), false);
});

Deno.test("smoke: nothing is left in the folder for temporary files", async () => {
  await using sandbox = createSandbox();
  const temporary = join(sandbox.path, "tmp");
  Deno.mkdirSync(temporary);
  const { code } = await sandbox.run(["status", "--json"], { program, env: { TMPDIR: temporary } });
  equal(code, 0);
  deepEqual([...Deno.readDirSync(temporary)], []);
});

Deno.test("smoke: a session runs an agent from start to exit record", async () => {
  await using sandbox = createSandbox();
  const run = (...args: string[]) => sandbox.run(args, { program });
  const started = await run("run", "sh", "--id", "smoke", "--detach", "--", "-c", "echo alive; sleep 1; exit 7");
  equal(started.code, 0, started.stderr);
  const ended = await run("wait", "--id", "smoke", "--timeout", "20");
  equal(JSON.parse(ended.stdout).exit_code, 7, ended.stdout + ended.stderr);
  match((await run("logs", "--id", "smoke")).stdout, /alive/);
});
