/**
 * Faults on demand: what was asked for happens at the step that was meant, and nothing at any other.
 */

import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { parseFaults, withFaults } from "../../src/platform/faults.ts";
import { deepEqual, equal, rejects, throws } from "../support/assert.ts";
import { withTempDir } from "../support/temp.ts";

const platform = denoPlatform();
const { files } = platform;
const bytes = (text: string) => new TextEncoder().encode(text);

function faultyFiles(asked: string): typeof files {
  return withFaults(platform, parseFaults(asked)).files;
}

Deno.test("withFaults() fails the named operation, the named time, in the named folder alone", async () => {
  await withTempDir(async (path) => {
    for (const folder of ["logs", "exits"]) Deno.mkdirSync(`${path}/${folder}`);
    const full = faultyFiles("ENOSPC append logs 2");
    using one = await full.openAppend(`${path}/logs/one`);
    using two = await full.openAppend(`${path}/exits/two`);
    for (const text of ["a", "b", "c"]) two.append(bytes(text));
    one.append(bytes("a"));
    throws(() => one.append(bytes("bbbb")), /No space left on device/);
    one.append(bytes("c"));
    const readOnly = faultyFiles("EROFS replace exits 1+");
    for (let time = 0; time < 2; time++) await rejects(readOnly.replace(`${path}/exits/x`, "x"), /Read-only/);
    await readOnly.replace(`${path}/logs/y`, "y");
    const texts = ["logs/one", "exits/two", "exits/x", "logs/y"].map((name) => files.readText(`${path}/${name}`));
    deepEqual(await Promise.all(texts), ["abbc", "abc", undefined, "y"]);
  });
});

Deno.test("withFaults() kills its process before, in the middle of, and after a step", async () => {
  for (const [action, left] of [["kill", "first\n"], ["tear", "first\nsec"], ["kill-after", "first\nsecond"]]) {
    await withTempDir(async (path) => {
      Deno.mkdirSync(`${path}/logs`);
      const modules = ["deno_platform", "faults"].map((name) => import.meta.resolve(`../../src/platform/${name}.ts`));
      const script = `
        import { denoPlatform } from "${modules[0]}";
        import { parseFaults, withFaults } from "${modules[1]}";
        const { files } = withFaults(denoPlatform(), parseFaults("${action} append logs 2"));
        const file = await files.openAppend("${path}/logs/log");
        for (const text of ["first\\n", "second", "third"]) file.append(new TextEncoder().encode(text));
      `;
      Deno.writeTextFileSync(`${path}/main.ts`, script);
      const { signal } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--quiet", `${path}/main.ts`],
        stderr: "null",
      }).output();
      deepEqual([signal, await files.readText(`${path}/logs/log`)], ["SIGKILL", left]);
    });
  }
});

Deno.test("parseFaults() refuses what it does not understand", () => {
  for (const text of ["kill", "kill append", "kill append logs 0", "EWHAT append logs 1", "kill append logs 1 more"]) {
    throws(() => parseFaults(text), /HARNEX_FAULT: cannot read ".*"/);
  }
  equal(parseFaults("kill-after append inbox 3").nth, 3);
});
