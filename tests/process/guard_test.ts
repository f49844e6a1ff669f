/**
 * The watchdog of a person's terminal, when that terminal is gone and its name is another's. Files stand in for the
 * terminals, so that it is certain which name is used again.
 */

import { join } from "node:path";
import { equal, match } from "../support/assert.ts";
import { linuxTest as test } from "../support/own_sessions.ts";
import { ROOT } from "../support/tree.ts";
import { until } from "../support/until.ts";

const PATIENCE_MS = 20_000;
const HOLDER = join(ROOT, "tests/support/guard_holder.ts");

/** Whether some process has this file open. */
function isOpen(path: string): true | undefined {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    try {
      for (const fd of Deno.readDirSync(`/proc/${name}/fd`)) {
        if (Deno.readLinkSync(`/proc/${name}/fd/${fd.name}`) === path) return true;
      }
    } catch {
      // it has just ended
    }
  }
  return undefined;
}

test("a terminal is given back to whom it was taken from, not to who has its name now", async ({ sandbox }) => {
  const [terminal, old] = [join(sandbox.project, "terminal"), join(sandbox.project, "old")];
  Deno.writeTextFileSync(terminal, "");
  const holder = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--config", join(ROOT, "deno.json"), HOLDER, terminal, "sane"],
    stdin: "null",
  }).spawn();
  await until(PATIENCE_MS, () => isOpen(terminal), "the watchdog's hold");
  Deno.renameSync(terminal, old);
  Deno.writeTextFileSync(terminal, "");
  holder.kill("SIGKILL");
  await holder.status;
  await until(PATIENCE_MS, () => isOpen(old) === undefined ? true : undefined, "the end of the watchdog");
  match(Deno.readTextFileSync(old), /\[\?1049l/);
  equal(Deno.readTextFileSync(terminal), "");
});
