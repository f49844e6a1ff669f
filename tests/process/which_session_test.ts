/**
 * Which session a command means: by its id, by the agent that it runs, by its repository.
 */

import { join } from "node:path";
import { deepEqual, equal, match } from "../support/assert.ts";
import { sessionTest as test } from "../support/own_sessions.ts";
import { within } from "../support/within.ts";

test("logs and events refuse a live session of another agent than --cli names; that name is compared as ids are", async (sessions) => {
  await sessions.startReady("l", ["repl"]);
  for (const command of ["logs", "events"]) {
    const other = await sessions.run([command, "--id", "l", "--cli", "claude"]);
    deepEqual([other.code, other.stdout], [1, ""], command);
    match(other.stderr, new RegExp(`^harnex ${command}: no active session "l" that runs "claude" in /`, "m"));
  }
  equal((await sessions.run(["logs", "--id", "l", "--cli", " REPL"])).stdout, "> ");
  equal((await sessions.run(["events", "--id", "l", "--cli", "Repl", "--snapshot"])).code, 0);
  equal((await sessions.run(["stop", "--id", "l", "--cli", "REPL", "--wait"])).code, 0);
  // Of what has ended there is only one record, whatever it ran.
  equal((await sessions.run(["logs", "--id", "l", "--cli", "claude", "--lines", "1"])).stdout, "> /exit\r\n");
});

test("pane finds the only session of an id and agent elsewhere, unless --repo says where to look", async (sessions) => {
  const [here, there] = ["r1", "r2"].map((name) => join(sessions.sandbox.project, name));
  for (const folder of [here, there]) Deno.mkdirSync(folder ?? "");
  const words = ["run", "--detach", "--timeout", "30", "--id", "Only 2", "repl"];
  equal((await sessions.run(words, { cwd: there })).code, 0);
  equal((await sessions.run(["wait", "--id", "only-2", "--until", "prompt"], { cwd: there })).code, 0);
  const pane = (...more: string[]) => sessions.run(["pane", ...more], { cwd: here });
  for (const id of ["Only 2", "only-2", "ONLY_2 "]) {
    const { code, stdout, stderr } = await pane("--id", id, "--cli", "REPL");
    deepEqual([code, stdout], [0, ">\n"], stderr);
  }
  for (const more of [["--cli", "claude"], ["--repo", "."], ["--repo", "../r1"]]) {
    const refused = await pane("--id", "Only 2", ...more);
    deepEqual([refused.code, refused.stdout], [1, ""], more.join(" "));
    match(refused.stderr, /^harnex pane: no active session "Only 2"/m);
  }
  equal((await pane("--id", "only-2", "--repo", "../r2")).stdout, ">\n");

  await using follower = sessions.spawn(["pane", "--id", "Only 2", "--follow", "--interval", "0.1"], { cwd: here });
  await follower.out.until(/>/);
  equal((await sessions.run(["send", "--id", "only-2", "hello"], { cwd: there })).code, 0);
  await within(20_000, follower.out.until(/did: hello/), "the answer in the followed screen");
  equal((await sessions.run(["stop", "--id", "only-2", "--wait"], { cwd: there })).code, 0);
  equal((await within(20_000, follower.status)).code, 0);
});
