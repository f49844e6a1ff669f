/**
 * A long history costs nothing: what is read grows with what is asked for, not with the ledger.
 */

import { openStore } from "../../src/client/store.ts";
import { readHistory } from "../../src/client/history.ts";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { HOUR_MS, LEDGER_END as END, ledgerLine, writeLedger } from "../support/ledger_entry.ts";
import { tempDir } from "../support/temp.ts";

/** The platform with that state directory, and how much was read of files. */
function countingPlatform(stateDir: string): { platform: Platform; bytesRead: () => number } {
  const real = denoPlatform();
  let bytes = 0;
  const files: Platform["files"] = {
    ...real.files,
    async readRange(path, range) {
      const found = await real.files.readRange(path, range);
      bytes += found?.length ?? 0;
      return found;
    },
  };
  return { platform: { ...real, files, env: { HARNEX_STATE_DIR: stateDir } }, bytesRead: () => bytes };
}

Deno.test("readHistory() over 100,000 dispatches reads what it prints, not the ledger", async () => {
  using dir = tempDir();
  const costs: Record<string, number[]> = {};
  for (const dispatches of [1_000, 100_000]) {
    const stateDir = dir.join(String(dispatches));
    Deno.mkdirSync(stateDir);
    writeLedger(`${stateDir}/dispatches.jsonl`, dispatches);
    const costOf = async (query: { limit: number; sinceMs?: number }) => {
      const { platform, bytesRead } = countingPlatform(stateDir);
      const found = await readHistory(openStore(platform), { repoRoot: undefined, ...query });
      equal(found[0]?.id, `w-${dispatches - 1}`);
      equal(found.at(-1)?.id, `w-${dispatches - query.limit}`);
      equal(found.every(({ state }) => state === "ended"), true);
      return bytesRead();
    };
    costs[dispatches] = [
      await costOf({ limit: 20 }),
      await costOf({ limit: 500 }),
      await costOf({ limit: 48, sinceMs: END - 47 * HOUR_MS }),
    ];
  }
  deepEqual(costs[100_000], costs[1_000]);
  equal(costs[100_000]?.[0], 64 * 1024);
  const lineBytes = ledgerLine({ id: "w-99999", session_id: "s99999" }).length;
  ok((costs[100_000]?.[1] ?? Infinity) < 4 * 2 * 500 * lineBytes);
});
