/** A disk that can be filled: a small one in memory, which only root may mount. */

import { join } from "node:path";
import { equal } from "./assert.ts";

export interface SmallDisk extends AsyncDisposable {
  /** Takes all the room that is left. */
  fill(): void;
}

/** Mounts one over an empty folder until the scope ends; what is on it then is kept in the folder. */
export async function mountDisk(path: string, size: string): Promise<SmallDisk> {
  const mount = new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", `size=${size},mode=700`, "none", path] });
  equal((await mount.output()).code, 0);
  const filler = join(path, "filler");
  return {
    fill() {
      using file = Deno.openSync(filler, { write: true, create: true });
      const block = new Uint8Array(4096);
      try {
        for (;;) file.writeSync(block);
      } catch (error) {
        if (!String(error).includes("os error 28")) throw error; // no space left
      }
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(filler).catch(() => undefined); // there is one only when it was filled here
      const kept = `${path}.kept`;
      equal((await new Deno.Command("cp", { args: ["-a", `${path}/.`, kept] }).output()).code, 0);
      equal((await new Deno.Command("umount", { args: ["--lazy", path] }).output()).code, 0);
      Deno.removeSync(path);
      Deno.renameSync(kept, path);
    },
  };
}

/** Whether this may be done here; says why when not. */
export function canMount(): boolean {
  const path = Deno.makeTempDirSync({ prefix: "harnex-test-" });
  try {
    const { success, stderr } = new Deno.Command("mount", { args: ["-t", "tmpfs", "none", path] }).outputSync();
    if (success) return new Deno.Command("umount", { args: [path] }).outputSync().success;
    console.log(`no test with a full disk: ${new TextDecoder().decode(stderr).trim()}`);
    return false;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log("no test with a full disk: there is no mount here");
    return false;
  } finally {
    Deno.removeSync(path);
  }
}
