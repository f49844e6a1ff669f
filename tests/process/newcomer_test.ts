/**
 * A newcomer with a bare machine, a bare HOME, and the README alone: its install line, the three commands after it, and
 * the guide that help names. Typed as it stands there, in a shell of their own; only the address is this machine's.
 */

import { join } from "node:path";
import { VERSION } from "../../src/model/version.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createSandbox } from "../support/cli.ts";
import { listFences } from "../support/examples.ts";
import { makeRelease } from "../support/release_folder.ts";
import { exists } from "../support/sessions.ts";
import { readText } from "../support/tree.ts";

const TOUR_MS = 120_000;
/** Between the outputs of two commands. */
const MARK = "\x1e";

/** The commands in the first `sh` blocks below a heading, comments left out. */
function commandsBelow(heading: string, blocks: number): string[] {
  const below = readText("README.md").split(`\n${heading}\n`)[1] ?? "";
  const lines = listFences(below).filter(({ language }) => language === "sh").slice(0, blocks).flatMap((f) => f.lines);
  return lines.map((line) => line.replace(/\s+#.*$/, ""));
}

Deno.test("a newcomer gets from the README's install line to a running tour and the first guide", async () => {
  await using sandbox = createSandbox();
  const release = await makeRelease(join(sandbox.path, "release"));
  Deno.mkdirSync(join(release.path, "latest"));
  Deno.symlinkSync(release.files, join(release.path, "latest/download"));

  const [address = "", install = "", ...next] = commandsBelow("## Install", 2);
  match(address, /^releases=https:\/\/github\.com\/OWNER\/harnex\/releases$/);
  match(install, /^curl .*install\.sh" \| sh$/);
  deepEqual(next, ["harnex", "harnex demo", "harnex doctor"]);
  const here = address.replace(/=.*/, `=${release.base}`);

  const shell = async (commands: readonly string[]) => {
    const script = commands.map((command) => `${command}\nprintf '${MARK}%s${MARK}' $?\n`).join("");
    const startedAt = performance.now();
    const { stdout, stderr } = await sandbox.run([], {
      program: [
        "/usr/bin/env",
        "-i",
        `HOME=${sandbox.home}`,
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "TERM=xterm",
        "/bin/sh",
      ],
      cwd: sandbox.home,
      stdin: script,
      timeoutMs: TOUR_MS,
    });
    const parts = stdout.split(MARK);
    const results = commands.map((command, index) => ({
      command,
      output: parts[2 * index] ?? "",
      code: Number(parts[2 * index + 1]),
    }));
    return { results, stderr, seconds: (performance.now() - startedAt) / 1000 };
  };

  const first = await shell([here, install]);
  const installed = first.results[1]?.output ?? "";
  match(installed, new RegExp(`^installed harnex ${VERSION}`), first.stderr);
  const path = /^put it on your PATH: (export PATH=.*)$/m.exec(installed)?.[1] ?? "";
  deepEqual([...Deno.readDirSync(sandbox.home)].map(({ name }) => name), [".local"], "nothing else is written");

  const overview = await shell([path, "harnex"]);
  const doors = overview.results[1]?.output ?? "";
  for (const door of ["harnex guide", "harnex agents-guide", "harnex demo"]) ok(doors.includes(door), door);

  const tour = await shell([path, "harnex demo", "harnex agents-guide dispatch"]);
  deepEqual(tour.results.map(({ code }) => code), [0, 0, 0], tour.stderr);
  match(tour.results[1]?.output ?? "", /harnex run demo-agent[^]*harnex send[^]*harnex stop/);
  match(tour.results[2]?.output ?? "", /^# Dispatch[^]*## Mistakes[^]*## Before you go on, verify/);
  equal(exists(join(sandbox.home, ".local/state/harnex")), false, "the tour leaves nothing behind");

  const typed = [
    here.replace(release.base, "https://github.com/OWNER/harnex/releases"),
    install,
    path,
    ...next.slice(0, 2),
  ];
  const keys = [...typed, "harnex agents-guide dispatch"].reduce((sum, line) => sum + line.length + 1, 0);
  const seconds = [first, overview, tour].map((part) => part.seconds.toFixed(1)).join(" + ");
  console.log(`newcomer: ${seconds} s (install, overview, demo and guide), ${keys} keystrokes when nothing is pasted`);
});
