/** What `run` says about the probe of the agent that it starts. */

import { equal } from "../support/assert.ts";
import { AGENTS } from "../../src/adapters/mod.ts";
import { probeNote } from "../../src/cli/probe_note.ts";
import { openStore } from "../../src/client/store.ts";
import { installedVersion } from "../../src/host/agent_version.ts";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { writeOutcome } from "../../src/store/probes.ts";
import { tempDir } from "../support/temp.ts";

Deno.test("run says that a new version was never probed, and what a failed probe has found", async () => {
  using dir = tempDir();
  const { probe } = await AGENTS.find("claude");
  const tested = probe?.testedUpTo ?? "";
  const newer = "999.0.1";
  const env = { HOME: dir.path, PATH: dir.join("bin"), HARNEX_STATE_DIR: dir.join("state") };
  const store = openStore({ ...denoPlatform(), env });
  const program = dir.join("bin", "claude");
  Deno.mkdirSync(dir.join("bin"));
  const note = (cli: string, legacyPty = false) =>
    probeNote({ cli, cwd: dir.path, env, legacyPty }, { store, versionOf: installedVersion });
  const install = (version: string) => {
    Deno.writeTextFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
    Deno.writeTextFileSync(dir.join("bin", "package.json"), JSON.stringify({ name: probe?.package, version }));
  };
  const keep = (version: string, ok: boolean) =>
    writeOutcome({ files: store.platform.files, paths: store.paths }, {
      agent: "claude",
      program,
      version,
      harnex: "0.7.0",
      at: 1,
      ok,
      checks: [{ name: "deny", ok, weaker: "--approvals deny may run a tool" }],
    });

  equal(await note("claude"), undefined, "not installed");
  install(tested);
  equal(await note("claude"), undefined, "a tested version needs no probe");
  install(newer);
  equal(
    await note("claude"),
    `claude ${newer} is new to harnex and was never probed here; try: harnex doctor --probe claude`,
  );
  equal(await note("vim"), undefined, "no known agent");
  equal(await note("codex", true), undefined, "the terminal of an agent that is driven by protocol");
  await keep(newer, false);
  equal(await note("claude"), `the probe of claude ${newer} failed: --approvals deny may run a tool`);
  await keep(newer, true);
  equal(await note("claude"), undefined);
  install(tested);
  equal(await note("claude"), undefined, "the outcome belongs to another version");
  await keep(tested, false);
  equal(await note("claude"), `the probe of claude ${tested} failed: --approvals deny may run a tool`);
});
