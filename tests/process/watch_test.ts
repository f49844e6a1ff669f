/**
 * Watch mode: a stalled agent is resumed and given up in the end; one that waits for somebody else is left alone.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { linuxTest as test } from "../support/own_sessions.ts";
import { until } from "../support/until.ts";

const FAST = { env: { HARNEX_WATCH_INTERVAL: "0.2" } };
const WATCH = ["--watch", "--stall-after", "1", "--timeout", "30"];

/** Lines of watch mode, with what depends on time cut out. */
function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "").map((line) =>
    line.replace(/polls=\d+/, "polls=N").replace(/elapsed_s=\d+\.\d/, "elapsed_s=N").replace(
      /idle=[\d.]+[sm]/,
      "idle=I",
    )
  );
}

test("run --watch resumes a stalled agent, then escalates with 2 and leaves it running", async (sessions) => {
  const { code, stdout } = await sessions.run(["run", "deaf", "--id", "w", ...WATCH, "--max-resumes", "2"], {
    ...FAST,
    timeoutMs: 60_000,
  });
  deepEqual(linesOf(stdout), [
    "harnex watch: id=w stall-after=1.0s max-resumes=2 poll=0.2s",
    "harnex watch: resume 1/2 (idle=I, state=prompt)",
    // What the terminal echoes takes the prompt away: from the first resume on, a turn is believed to run.
    "harnex watch: resume 2/2 (idle=I, state=busy)",
    "harnex watch: max resumes reached, escalating",
    "harnex watch: summary id=w polls=N resumes=2 final_state=busy outcome=escalated elapsed_s=N",
  ]);
  equal(code, 2);
  const reports = sessions.events("w").filter(({ type }) => /^(log_|resume)/.test(String(type)));
  deepEqual(reports.map(({ type, attempt, max }) => [type, attempt, max]).slice(0, 2), [
    ["log_idle", undefined, undefined],
    ["resume", 1, 2],
  ]);
  ok(sessions.record("w").hostPid > 0);
  equal((await sessions.ask(["stop", "--id", "w", "--wait", "--kill-after", "1"])).code, 0);
});

test("run --watch ends with 0 as soon as the session has exited, whatever the interval", async (sessions) => {
  const slow = { env: { HARNEX_WATCH_INTERVAL: "60" } };
  await using watcher = sessions.spawn(["run", "repl", "--id", "w", "--watch"], slow);
  await watcher.out.until(/^harnex watch: id=w stall-after=8\.0m max-resumes=1 poll=1\.0m\n/);
  await until(
    20_000,
    () => sessions.run(["send", "--id", "w", "quit 7"]).then(({ code }) => code === 0 || undefined),
    "",
  );
  equal((await watcher.status).code, 0);
  await watcher.out.ended;
  deepEqual(linesOf(watcher.out.text).slice(1), [
    "harnex watch: session exited",
    "harnex watch: summary id=w polls=N resumes=0 final_state=exited outcome=exited elapsed_s=N",
  ]);
  equal(sessions.exitRecord("w")["exit_code"], 7);
});

test("a watched session outlives its watcher, and watch --id takes over", async (sessions) => {
  const watcher = sessions.spawn(["run", "repl", "--id", "w", ...WATCH], FAST);
  await watcher.out.until(/harnex watch: id=w/);
  watcher.kill("SIGKILL");
  await watcher.status;
  await watcher[Symbol.asyncDispose]();
  equal((await sessions.ask(["wait", "--id", "w", "--until", "prompt", "--timeout", "20"])).code, 0);
  const second = await sessions.run(["watch", "--id", "w", "--stall-after", "1", "--max-resumes", "0"], FAST);
  equal(second.code, 2);
  match(second.stdout, /max-resumes=0.*\n(?:.*\n)*harnex watch: max resumes reached, escalating\n/);
});

test("a resume that wakes the agent is told as log_active", async (sessions) => {
  await using watcher = sessions.spawn(["run", "repl", "--id", "w", ...WATCH, "--max-resumes", "1"], FAST);
  await watcher.out.until(/escalating/);
  const types = sessions.events("w").map(({ type }) => type);
  const order = types.filter((type) => ["log_idle", "resume", "log_active"].includes(String(type)));
  deepEqual(order, ["log_idle", "resume", "log_active", "log_idle"]);
  match(sessions.transcript("w"), /did: resume/);
});

test("an agent that is blocked on a question is told once and never resumed", async (sessions) => {
  const menu = "printf 'Which one?\\n> 1. Left\\n  2. Right\\n\\033[A\\033[A'; exec sleep 1000";
  await sessions.start("w", ["sh", "--", "-c", menu]);
  equal((await sessions.ask(["wait", "--id", "w", "--until", "blocked", "--timeout", "20"])).code, 0);
  await using watcher = sessions.spawn(["watch", "--id", "w", "--stall-after", "1"], FAST);
  await watcher.out.until(/harnex watch: blocked on choice: Which one\?/);
  const session = sessions.record("w");
  await until(20_000, async () => {
    const { log_idle_s } = await (await sessions.call(session, "/status")).json();
    return log_idle_s >= 3 ? true : undefined;
  }, "three idle seconds");
  equal((await sessions.ask(["stop", "--id", "w", "--kill-after", "0.2"])).code, 0);
  equal((await watcher.status).code, 0);
  await watcher.out.ended;
  equal(watcher.out.text.match(/blocked on/g)?.length, 1);
  equal(watcher.out.text.includes("resume 1/1"), false);
});

test("watch --id ends with 1 when the session cannot be read three times in a row", async (sessions) => {
  const { hostPid } = await sessions.startReady("w", ["repl"]);
  await using watcher = sessions.spawn(["watch", "--id", "w", "--stall-after", "2h"], {
    env: { HARNEX_WATCH_INTERVAL: "0.1" },
  });
  await watcher.out.until(/harnex watch: id=w stall-after=2\.0h max-resumes=1/);
  Deno.kill(hostPid, "SIGSTOP");
  try {
    equal((await watcher.status).code, 1);
  } finally {
    Deno.kill(hostPid, "SIGCONT");
  }
  await watcher.out.until(/summary id=w polls=\d+ resumes=0 final_state=\w+ outcome=error elapsed_s=\d+\.\d\n/);
  await watcher.err.until(
    /^harnex watch: w could not be read 3 times in a row: no answer from .* in time; see: [^\n]*\n/,
  );
});

test("watch and run --watch say what is wrong with their options", async (sessions) => {
  equal((await sessions.run(["watch", "--id", "nobody"])).code, 1);
  equal((await sessions.run(["run", "repl", "--watch", "--preset", "hasty"])).code, 1);
  equal((await sessions.run(["watch", "--id", "w", "--preset", "hasty"])).code, 2);
});
