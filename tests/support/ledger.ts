/** What a session has left in the ledger of a sandbox. */

import { join } from "node:path";
import { type Json, parseJson, type Sessions } from "./sessions.ts";

/** All rows, oldest first; a line that is no JSON object fails the test. */
export function readLedger({ sandbox }: Sessions): Json[] {
  const text = Deno.readTextFileSync(join(sandbox.stateDir, "dispatches.jsonl"));
  return text.split("\n").filter((line) => line !== "").map((line) => parseJson(line));
}

/** The parts of an account that a test looks at. */
export interface Account {
  types: unknown[];
  exit: unknown;
  code: unknown;
  sameSession: boolean;
}

/** The ledger's account of one id. */
export function accountOf(sessions: Sessions, id: string): Account {
  const rows = readLedger(sessions).filter((row) => row["id"] === id);
  const last = rows.at(-1);
  return {
    types: rows.map((row) => row["type"]),
    exit: partOf(last, "actual")["exit"],
    code: last?.["exit_code"],
    sameSession: new Set(rows.map((row) => row["session_id"])).size === 1,
  };
}

export function partOf(row: Json | undefined, name: "meta" | "actual"): Json {
  return parseJson(JSON.stringify(row?.[name] ?? {}));
}
