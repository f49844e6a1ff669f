/** Which states `wait --until` knows. */

import { AGENTS } from "../../src/adapters/mod.ts";
import { UNTIL } from "../../src/cli/commands/wait.ts";
import { deepEqual, match } from "../support/assert.ts";
import { runInProcess } from "../support/program.ts";

/** What `wait` says of a state; there is no such session, so it waits for nothing. */
async function warningFor(until: string): Promise<string | undefined> {
  const { stderr } = await runInProcess(["wait", "--id", "none", "--until", until]);
  return stderr.split("\n").find((line) => line.includes("knows no state"));
}

Deno.test("wait --until knows every name that an adapter gives to a state", async () => {
  const adapters = await Promise.all(
    AGENTS.names.flatMap((name) => [AGENTS.find(name), AGENTS.findScreen(name), AGENTS.find("any-program")]),
  );
  const labels = new Set([...UNTIL, ...adapters.flatMap((adapter) => adapter.labels)]);
  const unknown: string[] = [];
  for (const label of labels) if ((await warningFor(label)) !== undefined) unknown.push(label);
  deepEqual(unknown, []);
});

Deno.test("wait --until warns of a state that no agent has, and names the nearest", async () => {
  match(await warningFor("promt") ?? "", /"promt"; did you mean prompt\?$/);
  match(await warningFor("vim-nromal") ?? "", /"vim-nromal"; did you mean vim-normal\?$/);
  match(await warningFor("xyzzy-plugh") ?? "", /"xyzzy-plugh"; it knows task_complete, /);
});
