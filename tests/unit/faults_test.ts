/**
 * Faults on demand: what was asked for happens at the operation that was meant, and nothing at any other.
 */

import { createFiles } from "../../src/platform/files.ts";
import { withFaults } from "../../src/platform/faults.ts";
import { deepEqual, equal, rejects, throws } from "../support/assert.ts";
import { withTempDir } from "../support/temp.ts";

const files = createFiles(() => "00");
const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("withFaults() gives back the very same files when nothing is asked for", () => {
  equal(withFaults(files, undefined), files);
  equal(withFaults(files, ""), files);
});

Deno.test("withFaults() fails the named operation, the named time, on the named path alone", async () => {
  await withTempDir(async (path) => {
    const faulty = withFaults(files, "append 2 /one ENOSPC; replace * /three EROFS");
    using one = await faulty.openAppend(`${path}/one`);
    using two = await faulty.openAppend(`${path}/two`);
    for (const text of ["a", "b", "c"]) two.append(bytes(text));
    one.append(bytes("a"));
    throws(() => one.append(bytes("b")), /No space left on device \(os error 28\)/);
    one.append(bytes("c"));
    for (let time = 0; time < 2; time++) await rejects(faulty.replace(`${path}/three`, "x"), /os error 30/);
    await faulty.replace(`${path}/four`, "x");
    const texts = ["one", "two", "three", "four"].map((name) => files.readText(`${path}/${name}`));
    deepEqual(await Promise.all(texts), ["ac", "abc", undefined, "x"]);
  });
});

Deno.test("withFaults() kills its process before, in the middle of, and after an operation", async () => {
  for (
    const [what, left] of [["kill-before", "first\n"], ["kill-half", "first\nsec"], ["kill-after", "first\nsecond"]]
  ) {
    await withTempDir(async (path) => {
      const modules = ["files", "faults"].map((name) => import.meta.resolve(`../../src/platform/${name}.ts`));
      const script = `
        import { createFiles } from "${modules[0]}";
        import { withFaults } from "${modules[1]}";
        const file = await withFaults(createFiles(() => "00"), "append 2 log ${what}").openAppend("${path}/log");
        for (const text of ["first\\n", "second", "third"]) file.append(new TextEncoder().encode(text));
      `;
      Deno.writeTextFileSync(`${path}/main.ts`, script);
      const { signal } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--quiet", `${path}/main.ts`],
        stderr: "null",
      }).output();
      deepEqual([signal, await files.readText(`${path}/log`)], ["SIGKILL", left]);
    });
  }
});

Deno.test("withFaults() refuses what it does not understand", () => {
  for (const text of ["append", "append 0 x EIO", "append 1 x EWHAT", "read 1 x EIO", "append 1 x EIO more", ";"]) {
    throws(() => withFaults(files, text), /HARNEX_FAULT: ".*" is not OPERATION NTH PATH WHAT/);
  }
});
