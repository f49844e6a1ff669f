/**
 * Appends rows to a ledger from a process of its own: `appender.ts STATE_DIR NAME COUNT [SCHEMA_VERSION]`; with a
 * version as a later harnex might write them.
 */

import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { appendRow } from "../../src/store/dispatch_log.ts";
import { appendToLedger } from "../../src/store/ledger.ts";
import { createPaths } from "../../src/store/paths.ts";
import { ledgerEntry } from "./ledger_entry.ts";

const [root = "", name = "", count = "0", version] = Deno.args;
const deps = { ...denoPlatform(), paths: createPaths(root) };
for (let index = 0; index < Number(count); index++) {
  const entry = ledgerEntry({ session_id: `${name}-${index}` });
  if (version === undefined) await appendToLedger(deps, entry);
  else {
    const later = { ...entry, schema_version: Number(version), ts: new Date().toISOString(), added: { by: [version] } };
    await appendRow(deps, deps.paths.dispatches, later);
  }
}
