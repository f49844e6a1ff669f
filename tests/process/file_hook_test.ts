/**
 * The file hook: the agent is told to read a file whenever it changes, once a burst, however it was replaced.
 */

import { join } from "node:path";
import { deepEqual, equal } from "../support/assert.ts";
import { createSessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";

const ignore = Deno.build.os !== "linux";

Deno.test("run --watch-file from within a repository watches below its root, as --summary-out writes there", async () => {
  await using sessions = createSessions();
  const { project } = sessions.sandbox;
  const cwd = join(project, "sub");
  Deno.mkdirSync(cwd);
  equal((await new Deno.Command("git", { args: ["init", "-q", project] }).output()).code, 0);
  const words = ["--watch-file", "notes/todo.md", "--summary-out", "notes/rows.jsonl", "repl"];
  const session = await sessions.start("hook", words, { cwd });
  equal(session.json["watch_absolute_path"], join(project, "notes/todo.md"));
  equal(session.json["summary_path"], join(project, "notes/rows.jsonl"));
});

for (const spelling of [["--watch-file", "notes/todo.md"], ["--watch", "notes/todo.md"], ["--watch=notes/todo.md"]]) {
  Deno.test({
    name: `run ${spelling.join(" ")} tells of a file that is created, written, renamed over, deleted and created again`,
    ignore,
    async fn() {
      await using sessions = createSessions();
      const session = await sessions.startReady("hook", [...spelling, "repl"]);
      const folder = join(sessions.sandbox.project, "notes");
      const path = join(folder, "todo.md");
      const { watch_path, watch_absolute_path, watch_debounce_seconds } =
        await (await sessions.call(session, "/status")).json();
      deepEqual({ watch_path, watch_absolute_path, watch_debounce_seconds }, {
        watch_path: "notes/todo.md",
        watch_absolute_path: path,
        watch_debounce_seconds: 1,
      });
      const told = () => sessions.transcript("hook").match(/did: file-change-hook: read notes\/todo\.md/g)?.length ?? 0;
      const untilTold = (times: number) =>
        until(20_000, () => told() >= times ? true : undefined, `told ${times} times`);

      Deno.writeTextFileSync(path, "1");
      Deno.writeTextFileSync(path, "12");
      await untilTold(1);
      Deno.writeTextFileSync(path, "123");
      await untilTold(2);
      Deno.writeTextFileSync(`${path}.new`, "1234");
      Deno.renameSync(`${path}.new`, path);
      await untilTold(3);
      Deno.removeSync(path);
      Deno.writeTextFileSync(join(folder, "other.md"), "nothing to do with it");
      Deno.writeTextFileSync(path, "12345");
      await untilTold(4);
      equal((await sessions.ask(["stop", "--id", "hook", "--wait"])).code, 0);
      equal(told(), 4);
    },
  });
}
