/**
 * What `harnex run` refuses, in which order, and in which words.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { untilGone } from "../support/processes.ts";
import { createSessions, exists, type Sessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

interface Refusal {
  args: readonly string[];
  code: number;
  error: RegExp;
}

/** Errors are one line; a usage error adds where to read on. git may have spoken before. */
async function assertRefused(sessions: Sessions, { args, code, error }: Refusal): Promise<void> {
  const result = await sessions.run(args);
  const lines = result.stderr.replaceAll(/^fatal: not a git repository.*\n/gm, "").trimEnd().split("\n");
  const what = `${args.join(" ")}: ${result.stderr}`;
  deepEqual([result.code, result.stdout], [code, ""], what);
  match(lines[0] ?? "", error, what);
  deepEqual(lines.slice(1), code === 2 ? ["Try: harnex --help"] : [], what);
}

Deno.test("run checks in the established order: later mistakes do not matter", async () => {
  await using sessions = createSessions();
  await sessions.start("live", ["repl"]);
  const missing = "no-such-agent-here";
  const later = ["--id", "live", "--watch", "--detach", "--preset", "plan"];
  const order: Refusal[] = [
    { args: ["run", "--auto-stop", ...later], code: 2, error: /^harnex: missing argument: name the agent/ },
    { args: ["run", missing, "--auto-stop", ...later], code: 2, error: /^harnex: --auto-stop needs --context/ },
    { args: ["run", missing, ...later], code: 1, error: /^harnex run: session "live" is already active/ },
    { args: ["run", missing, "--id", "x", "--watch", "--detach"], code: 2, error: /^harnex: --watch .*--detach/ },
    { args: ["run", missing, "--id", "x", "--watch", "--tmux"], code: 2, error: /^harnex: --watch .*--tmux/ },
    { args: ["run", missing, "--id", "x", "--preset", "plan"], code: 1, error: /^harnex run: --preset needs --watch/ },
    {
      args: ["run", missing, "--id", "x", "--detach"],
      code: 1,
      error: /^harnex run: "no-such-agent-here" not found — is it installed and on your PATH\?$/,
    },
    { args: ["run", missing, "--id", "x"], code: 1, error: /"no-such-agent-here" not found — is it installed/ },
  ];
  for (const refusal of order) await assertRefused(sessions, refusal);
});

Deno.test("run --help is harnex's own anywhere before --, and the agent's after it", async () => {
  await using sessions = createSessions();
  for (const args of [["run", "--help"], ["run", "-h"], ["run", "repl", "--help"], ["run", "--auto-stop", "--help"]]) {
    const { code, stdout } = await sessions.run(args);
    equal(code, 0);
    match(stdout, /harnex run/);
  }
  const { code, stdout } = await sessions.run(["run", "--id", "h", "echo", "--", "--help-me"]);
  deepEqual({ code, stdout }, { code: 0, stdout: "--help-me\r\n" });
});

Deno.test("run takes its options on both sides of the cli and leaves all other words to the agent", async () => {
  await using sessions = createSessions();
  const script = 'for word; do printf "[%s]" "$word"; done; echo';
  const path = `${sessions.sandbox.path}/show`;
  Deno.writeTextFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const { code, stdout } = await sessions.run([
    "run",
    "--id",
    "w",
    path,
    "-x",
    "--description",
    "mine",
    "--foreign=1",
    "a b",
    "",
    "--",
    "--detach",
    "--",
    "$HOME",
  ]);
  deepEqual({ code, stdout }, { code: 0, stdout: "[-x][--foreign=1][a b][][--detach][--][$HOME]\r\n" });
});

Deno.test("run hands --context to the agent as its last word", async () => {
  await using sessions = createSessions();
  const { stdout } = await sessions.run(["run", "--id", "C 1", "--context", "do 'it'\nnow", "echo", "--", "-n"]);
  equal(stdout, "[harnex session id=C 1] do 'it'\r\nnow");
});

Deno.test("run --detach says why its agent could not start, and leaves no record", async () => {
  await using sessions = createSessions();
  const script = `${sessions.sandbox.path}/no-interpreter`;
  Deno.writeTextFileSync(script, "#!/nowhere/sh\n", { mode: 0o755 });
  const { code, answer } = await sessions.ask(["run", script, "--detach", "--id", "n"]);
  equal(code, 0, "the program exists: it is a session that ends at once");
  equal(answer["ok"], true);
  const ended = await sessions.ask(["wait", "--id", "n", "--timeout", "20"]);
  ok(ended.code !== 0 && ended.answer["reason"] === "failure", JSON.stringify(ended.answer));
  equal(exists(sessions.files("n").record), false);
  match(sessions.transcript("n"), /no-interpreter|No such file/);
});

Deno.test("run --detach registers even an agent that is gone at once", async () => {
  await using sessions = createSessions();
  for (let round = 0; round < 5; round++) {
    const { code, answer, stderr } = await sessions.ask(["run", "true", "--detach", "--id", `quick${round}`]);
    deepEqual([code, answer["ok"]], [0, true], stderr);
    equal((await sessions.ask(["wait", "--id", `quick${round}`, "--timeout", "20"])).code, 0);
  }
});

/** The environment of a git that takes its time when the host asks for the commit, and not before. */
function withSlowGit(sessions: Sessions, seconds: number): { env: Record<string, string>; asked: string } {
  const bin = `${sessions.sandbox.path}/bin`;
  Deno.mkdirSync(bin);
  const asked = `${bin}/asked`;
  const git = `case "$*" in *--show-toplevel*) exit 128 ;; esac\n: >'${asked}'\nexec sleep ${seconds}\n`;
  Deno.writeTextFileSync(`${bin}/git`, `#!/bin/sh\n${git}`, { mode: 0o755 });
  return { env: { PATH: `${bin}:${sessions.env["PATH"]}` }, asked };
}

Deno.test({
  name: "run --detach ends with 124 when registering takes longer than --timeout, and starts nothing later",
  ignore: Deno.build.os !== "linux", // looks for what is left in /proc
  async fn() {
    await using sessions = createSessions();
    const { env } = withSlowGit(sessions, 3);
    const words = ["run", "repl", "--detach", "--id", "t", "--timeout", "1"];
    // What an older host of this id had to say is no reason.
    Deno.mkdirSync(`${sessions.sandbox.stateDir}/logs`, { mode: 0o700 });
    Deno.writeTextFileSync(`${sessions.sandbox.stateDir}/logs/t.log`, "harnex: warning: of an older run\n");
    const { code, stdout, stderr } = await sessions.run(words, { env });
    deepEqual({ code, stdout }, { code: 124, stdout: "" });
    match(stderr, /session "t" did not register within 1s/);
    equal(stderr.includes("older run"), false, stderr);
    await untilGone(`=${sessions.sandbox.stateDir}`, 20_000);
    equal(exists(sessions.files("t").output) && sessions.transcript("t") !== "", false, "the agent never ran");
  },
});

Deno.test("run ends at the second signal where the first finds no agent yet and a start that hangs", async () => {
  await using sessions = createSessions();
  const { env, asked } = withSlowGit(sessions, 60);
  await using running = sessions.spawn(["run", "repl", "--id", "h"], { env });
  await until(20_000, () => Promise.resolve(exists(asked) || undefined), "the start that hangs");
  running.kill("SIGINT");
  running.kill("SIGTERM");
  ok([130, 143].includes((await within(20_000, running.status)).code));
  equal((await sessions.run(["run", "--id", "h", "true"])).code, 0, "the id is free");
});

Deno.test("run --max-runtime stops the session: code 124, reason timeout", async () => {
  await using sessions = createSessions();
  const { code } = await sessions.run(["run", "repl", "--id", "m", "--max-runtime", "1"]);
  equal(code, 124);
  const { exit_code, reason } = sessions.exitRecord("m");
  deepEqual({ exit_code, reason }, { exit_code: 124, reason: "timeout" });
  equal((await sessions.ask(["wait", "--id", "m"])).code, 124);
});

Deno.test("run --auto-stop stops a generic agent when its first task is done, and not before", async () => {
  await using sessions = createSessions();
  const words = ["repl", "--context", "the task", "--auto-stop"];
  await sessions.start("a", words);
  const { code, answer } = await sessions.ask(["wait", "--id", "a", "--timeout", "30"]);
  deepEqual([code, answer["reason"]], [0, "success"]);
  match(sessions.transcript("a"), /task: \[harnex session id=a\] the task\r\nfinished\r\n/);
  const types = sessions.events("a").map(({ type }) => type);
  ok(types.indexOf("task_complete") < types.indexOf("stop_requested"), types.join(" "));
});
