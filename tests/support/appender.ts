/** Appends rows to a ledger from a process of its own: `appender.ts STATE_DIR NAME COUNT`. */

import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { appendToLedger } from "../../src/store/ledger.ts";
import { createPaths } from "../../src/store/paths.ts";
import { ledgerEntry } from "./ledger_entry.ts";

const [root = "", name = "", count = "0"] = Deno.args;
const { files, clock } = denoPlatform();
for (let index = 0; index < Number(count); index++) {
  await appendToLedger({ files, clock, paths: createPaths(root) }, ledgerEntry({ session_id: `${name}-${index}` }));
}
