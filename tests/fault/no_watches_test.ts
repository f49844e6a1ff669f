/**
 * A user whose editor has taken all the file watches that the system gives: everything works, if a moment later.
 */

import { join } from "node:path";
import { deepEqual, equal, match } from "../support/assert.ts";
import { harnexProgram } from "../support/cli.ts";
import { createSessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";

const PATIENCE_MS = 20_000;

/** The command line that runs another with a limit of none at all: a user namespace has limits of its own. */
function without(what: "instances" | "watches"): readonly string[] {
  const script = `echo 0 >/proc/sys/user/max_inotify_${what} && exec "$@"`;
  return ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh"];
}

/** Whether the system gives such a namespace; says so when not. */
function canLimit(): boolean {
  const [program = "", ...args] = without("watches");
  try {
    if (new Deno.Command(program, { args: [...args, "true"], stderr: "null" }).outputSync().success) return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  console.log("user namespaces are not allowed here: no test without file watches");
  return false;
}

const ignore = Deno.build.os !== "linux" || !canLimit();

for (const what of ["instances", "watches"] as const) {
  Deno.test({
    name: `without inotify ${what} a session runs, is followed, sees its file change, and ends`,
    ignore,
    async fn() {
      await using sessions = createSessions();
      const options = { program: [...without(what), ...harnexProgram()] };
      const run = async (...words: string[]) => {
        const { code, stdout, stderr } = await sessions.run(words, options);
        equal(code, 0, stderr);
        return stdout;
      };
      await run("run", "repl", "--id", "n", "--detach", "--timeout", "30", "--watch-file", "todo.md");
      await run("send", "--id", "n", "--wait-for-idle", "--timeout", "20", "hello");
      Deno.writeTextFileSync(join(sessions.sandbox.project, "todo.md"), "new");
      const told = () => Promise.resolve(sessions.transcript("n").includes("did: file-change-hook") || undefined);
      await until(PATIENCE_MS, told, "the file hook");
      await run("wait", "--id", "n", "--until", "prompt", "--timeout", "20");
      await using logs = sessions.spawn(["logs", "--id", "n", "--follow"], options);
      await using events = sessions.spawn(["events", "--id", "n"], options);
      await logs.out.until(/did: hello/);
      await events.out.until(/"type":"task_complete"/);
      await run("send", "--id", "n", "--wait-for-idle", "--timeout", "20", "more");
      await logs.out.until(/did: more/);
      const checks: { name: string; ok: boolean }[] =
        JSON.parse((await sessions.run(["doctor", "--json"], options)).stdout).checks;
      equal(checks.find(({ name }) => name === "file-watches")?.ok, false);
      match(await run("stop", "--id", "n", "--wait"), /"exit_code":0/);
      await events.out.until(/"type":"exited"/);
      deepEqual([(await events.status).code, (await logs.status).code], [0, 0]);
    },
  });
}
