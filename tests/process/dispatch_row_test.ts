/**
 * What a dispatch's row says, and who is told when it is over.
 */

import { join } from "node:path";
import { deepEqual, equal, match } from "../support/assert.ts";
import { partOf, readLedger } from "../support/ledger.ts";
import { createSessions, exists } from "../support/sessions.ts";
import { until } from "../support/until.ts";

const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "run --on-done runs once, after the end, with what it was told about it, and is waited for by nobody",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const { project, stateDir } = sessions.sandbox;
    const told = join(project, "told");
    const names = ["ID", "OUTCOME", "EXIT_CODE", "END_SHA", "ELAPSED_S", "SESSION_ID"].map((name) => `$HARNEX_${name}`);
    const words = ["run", "--id", "d", "--on-done"];
    const command = `echo "${
      names.join(",")
    }" >> told; ls "${stateDir}/exits" >> told; read -r _ < gate; echo over >> told`;
    const gate = new Deno.Command("mkfifo", { args: [join(project, "gate")] });
    equal((await gate.output()).code, 0);
    const ended = await sessions.run([...words, command, "sh", "--", "-c", "exit 7"]);
    equal(ended.code, 7, ended.stderr); // although the command still waits
    const text = () => Deno.readTextFileSync(told);
    await until(10_000, () => exists(told) && text().includes(".json") ? true : undefined, "the command");
    match(text(), /^d,failure,7,,[01],\n[0-9a-f]{16}--d\.json\n$/);
    Deno.writeTextFileSync(join(project, "gate"), "\n");
    await until(10_000, () => text().endsWith("over\n") ? true : undefined, "its end");

    const failing = await sessions.run([...words, "exit 9", "--cwd", project, "sh", "--", "-c", "exit 0"]);
    equal(failing.code, 0);
  },
});

Deno.test({
  name: "a dispatch tells its parent, its agent's version, its changes, and says the same in summary and ledger",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const { project, home } = sessions.sandbox;
    const bin = join(home, "bin");
    Deno.mkdirSync(bin);
    const script =
      '#!/bin/sh\n[ "$1" = --version ] && echo "codex-cli 0.169.0" && exit 0\nsleep 0.3\necho x > made\nexit 3\n';
    Deno.writeTextFileSync(join(bin, "codex"), script, { mode: 0o755 });
    const init = new Deno.Command("git", { args: ["init", "--quiet", "--initial-branch", "main"], cwd: project });
    equal((await init.output()).code, 0);
    Deno.writeTextFileSync(join(project, "there"), "before\n");
    const PATH = `${bin}:${sessions.env["PATH"]}`;
    const meta = JSON.stringify({ chain_id: "c1", predicted: { loc: 5 } });
    const words = ["run", "codex", "--id", "d", "--meta", meta, "--summary-out", "out/summary.jsonl", "--model", "m"];
    await sessions.run(words, { env: { PATH, HARNEX_ID: "boss" } });
    const row = readLedger(sessions).at(-1);
    const summary = JSON.parse(Deno.readTextFileSync(join(project, "out/summary.jsonl")));
    deepEqual({ meta: row?.["meta"], predicted: row?.["predicted"], actual: row?.["actual"] }, summary);
    const { agent_version, parent_dispatch_id, chain_id, branch, start_sha } = partOf(row, "meta");
    deepEqual({ agent_version, parent_dispatch_id, chain_id, branch, start_sha, predicted: row?.["predicted"] }, {
      agent_version: "0.169.0",
      parent_dispatch_id: "boss",
      chain_id: "c1",
      branch: "main",
      start_sha: null,
      predicted: { loc: 5 },
    });
    const { exit, model, loc_added, loc_removed, files_changed, commits } = partOf(row, "actual");
    deepEqual({ exit, model, loc_added, loc_removed, files_changed, commits }, {
      exit: "boot_failure",
      model: "m",
      loc_added: 1,
      loc_removed: 0,
      files_changed: 1,
      commits: 0,
    });
  },
});
