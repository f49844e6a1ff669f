import { deepEqual, equal } from "../support/assert.ts";
import { ERROR_CODES, HarnexError } from "../../src/model/errors.ts";
import { createFiles } from "../../src/platform/files.ts";
import { errorFile, readFailure, removeLaunch, reportFailure } from "../../src/store/launches.ts";
import { createPaths } from "../../src/store/paths.ts";
import { withTempDir } from "../support/temp.ts";

const files = createFiles(() => "0");

Deno.test("readFailure() gives each error that reportFailure() wrote with its code, statuses and message", async () => {
  await withTempDir(async (path) => {
    for (const code of ERROR_CODES) {
      const sent = new HarnexError(code, `why: ${code}`);
      await reportFailure(files, `${path}/launch.json`, sent);
      const got = await readFailure(files, `${path}/launch.json`);
      deepEqual(
        [got?.code, got?.message, got?.exitCode, got?.httpStatus],
        [code, `why: ${code}`, sent.exitCode, sent.httpStatus],
      );
    }
    equal(ERROR_CODES.length, new Set(ERROR_CODES).size);
    equal(ERROR_CODES.includes("conflict"), true);
  });
});

Deno.test("readFailure() takes an error of another kind, and one of an unknown code, as failed", async () => {
  await withTempDir(async (path) => {
    const file = `${path}/launch.json`;
    equal(await readFailure(files, file), undefined);
    await reportFailure(files, file, new RangeError("too far"));
    const other = await readFailure(files, file);
    deepEqual([other?.code, other?.message], ["failed", "too far"]);
    for (const text of ['{"code":"toString","message":"odd"}', '{"code":7,"message":"odd"}']) {
      Deno.writeTextFileSync(errorFile(file), text);
      const unknown = await readFailure(files, file);
      deepEqual([unknown?.code, unknown?.message], ["failed", "odd"]);
    }
    Deno.writeTextFileSync(errorFile(file), "half a l");
    deepEqual((await readFailure(files, file))?.message, "the host failed");
  });
});

Deno.test("removeLaunch() removes the files of this launch, also a half written one, and no other's", async () => {
  await withTempDir(async (path) => {
    const paths = createPaths(path);
    Deno.mkdirSync(paths.launches);
    const names = ["a.json", "a.json.error", "a.json.registered.tmp.1.0", "b.json", "b.json.error"];
    for (const name of names) Deno.writeTextFileSync(`${paths.launches}/${name}`, "");
    await removeLaunch({ files, paths }, `${paths.launches}/a.json`);
    deepEqual(await files.list(paths.launches), ["b.json", "b.json.error"]);
  });
});
