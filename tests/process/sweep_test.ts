/**
 * doctor --sweep: what hosts that died have left is accounted for, found, and on request ended; nothing else is.
 */

import { join } from "node:path";
import { deepEqual, equal, match } from "../support/assert.ts";
import { accountOf } from "../support/ledger.ts";
import { isRunning, listMarked, listProcesses, untilGone } from "../support/processes.ts";
import { createSessions, exists, fileName, type Json, type LiveRecord, type Sessions } from "../support/sessions.ts";
import { createTmuxServer, hasTmux } from "../support/tmux_server.ts";
import { until } from "../support/until.ts";

const ignore = Deno.build.os !== "linux";
const DOCTOR = ["doctor", "--adapter", "generic"];

/** A process that carries the mark of a session, as a tool has it that outlived everything. */
function leftover(sessionId: string, sessions: Sessions): AsyncDisposable & { pid: number } {
  // The state directory marks it as this test's own.
  const env = { HARNEX_SESSION_ID: sessionId, HARNEX_STATE_DIR: sessions.sandbox.stateDir };
  const child = new Deno.Command("sh", { args: ["-c", "trap '' TERM; while :; do sleep 1000; done"], env }).spawn();
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      // Not signalled by what would be a reused pid: it is our child until its status is read.
      try {
        child.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended
      }
      await child.status;
      for (const { pid } of listMarked(`HARNEX_SESSION_ID=${sessionId}`)) Deno.kill(pid, "SIGKILL");
    },
  };
}

async function lose(sessions: Sessions, id: string): Promise<LiveRecord> {
  const session = await sessions.startReady(id, ["repl"]);
  Deno.kill(session.hostPid, "SIGKILL");
  await untilGone(session.sessionId, 10_000);
  return session;
}

Deno.test({
  name: "what a launch that was killed has left goes with its host, with --sweep, or with prune, but none under way",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const { stateDir, project } = sessions.sandbox;
    const { hostPid, json } = await sessions.startReady("one", ["repl"]);
    const folder = join(stateDir, "launches");
    deepEqual([...Deno.readDirSync(folder)], []);

    // A host whose launcher was killed before it read the registration: nobody but the host can remove that.
    const env = Object.fromEntries(readEnvironment(hostPid));
    const spec = {
      ...{ id: "two", cli: "repl", args: [], cwd: project, repoRoot: String(json["repo_root"]), mode: "headless", env },
      ...{ host: "127.0.0.1", portBase: 43_000, portSpan: 4_000, autoStop: false, inboxTtlMs: 1_000, legacyPty: false },
      ...{ approvals: "auto", trust: false },
    };
    const file = join(folder, "two.json");
    Deno.writeTextFileSync(file, JSON.stringify(spec), { mode: 0o600 });
    await using host = sessions.spawn(["__host", file]);
    await until(20_000, () => exists(`${file}.registered`) ? true : undefined, "the registration");
    equal((Deno.statSync(`${file}.registered`).mode ?? 0) & 0o777, 0o600);
    equal((await sessions.run(["stop", "--id", "two", "--wait"])).code, 0);
    await host.status;
    // Nobody launched it who would have read and removed the registration.
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["two.json.registered"]);
    Deno.removeSync(`${file}.registered`);

    const [old, fresh] = [join(folder, "old.json.registered"), join(folder, "fresh.json")];
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    const leave = () => {
      for (const path of [old, fresh]) Deno.writeTextFileSync(path, "{}");
      Deno.utimeSync(old, longAgo, longAgo);
    };
    leave();
    const swept = await sessions.ask([...DOCTOR, "--sweep"]);
    deepEqual(JSON.parse(JSON.stringify(swept.answer["sweep"])).launches, [old]);
    deepEqual([exists(old), exists(fresh)], [false, true]);
    leave();
    const pruned = await sessions.ask(["prune", "--max-bytes", "0"]);
    deepEqual([pruned.code, exists(old), exists(fresh)], [0, false, true]);
  },
});

Deno.test({
  name: "run --on-done runs once for a session whose host was killed, by who accounts for it",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const told = join(sessions.sandbox.project, "told");
    const names = ["ID", "OUTCOME", "EXIT_CODE", "END_SHA"].map((name) => `$HARNEX_${name}`).join(",");
    for (const id of ["swept", "again"]) {
      const { hostPid, sessionId } = await sessions.startReady(id, ["--on-done", `echo "${names}" >> told`, "repl"]);
      const shown = await sessions.run(["status", "--json", "--id", id]);
      equal(shown.stdout.includes("on_done"), false);
      Deno.kill(hostPid, "SIGKILL");
      await untilGone(sessionId, 10_000);
      equal((await sessions.run(["wait", "--id", id, "--timeout", "20"])).code, 1);
    }
    equal(exists(told), false); // who only asks does nothing
    const lines = () =>
      exists(told) ? Deno.readTextFileSync(told).split("\n").filter((line) => line !== "").sort() : [];
    // The next run of an id, and any number of sweeps at once.
    const again = sessions.run(["run", "--id", "again", "sh", "--", "-c", "exit 0"]);
    await Promise.all([1, 2, 3].map(() => sessions.ask([...DOCTOR, "--sweep"])));
    equal((await again).code, 0);
    await sessions.ask([...DOCTOR, "--sweep"]);
    await until(10_000, () => lines().length >= 2 ? true : undefined, "both commands");
    await untilGone("HARNEX_OUTCOME=lost", 10_000);
    deepEqual(lines(), ["again,lost,,", "swept,lost,,"]);
  },
});

Deno.test({
  name: "run waits for who has its id only for a moment, as a sweep or prune has it",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const { stateDir, project } = sessions.sandbox;
    Deno.mkdirSync(join(stateDir, "locks"), { mode: 0o700 });
    const options = { read: true, write: true, create: true };
    using lock = Deno.openSync(join(stateDir, "locks", `${fileName(project, "w")}.lock`), options);
    lock.lockSync(true);
    const run = sessions.run(["run", "--id", "w", "sh", "--", "-c", "exit 7"]);
    equal((await sessions.run(["status"])).code, 0); // by now a run that does not wait has failed
    lock.unlockSync();
    const { code, stderr } = await run;
    equal(code, 7, stderr);
  },
});

/** The environment of a running process. */
function readEnvironment(pid: number): [string, string][] {
  const entries = listProcesses().find((process) => process.pid === pid)?.environment ?? [];
  return entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]);
}

function partsOf(sweep: unknown): { lost: Json[]; orphans: Json[]; windows: Json[] } {
  return JSON.parse(JSON.stringify(sweep));
}

Deno.test({
  name: "doctor --sweep accounts for lost sessions, and --kill ends only what runs of them",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const lost = await lose(sessions, "lost");
    const live = await sessions.startReady("live", ["repl"]);
    await using orphan = leftover(lost.sessionId, sessions);
    await using foreign = leftover("0123456789abcdef", sessions);
    await using helper = leftover(live.sessionId, sessions);

    const first = await sessions.ask(DOCTOR);
    deepEqual([first.code, first.answer["sweep"]], [0, undefined]);
    match(first.stderr, /stale-sessions.*lost.*doctor --sweep/);
    equal(exists(sessions.files("lost").record), true);

    const looked = await sessions.ask([...DOCTOR, "--sweep"]);
    const sweep = partsOf(looked.answer["sweep"]);
    deepEqual(sweep.lost.map(({ id }) => id), ["lost"]);
    const own = sweep.orphans.filter(({ pid }) => pid === orphan.pid);
    deepEqual(own.map(({ id, ended }) => ({ id, ended })), [{ id: "lost", ended: false }]);
    deepEqual(sweep.orphans.filter(({ pid }) => pid === foreign.pid || pid === helper.pid), []);
    deepEqual([exists(sessions.files("lost").record), isRunning(orphan.pid)], [false, true]);
    deepEqual(accountOf(sessions, "lost"), {
      types: ["dispatch_start", "dispatch_end"],
      exit: "lost",
      code: null,
      sameSession: true,
    });
    deepEqual(sessions.events("lost").slice(-2).map(({ type, exit, reason }) => [type, exit ?? reason]), [
      ["summary", "lost"],
      ["exited", "lost"],
    ]);

    const killed = partsOf((await sessions.ask([...DOCTOR, "--sweep", "--kill", "--json"])).answer["sweep"]);
    deepEqual(killed.lost, []);
    const ended = killed.orphans.filter(({ pid }) => pid === orphan.pid);
    deepEqual(ended.map(({ id, ended }) => ({ id, ended })), [{ id: "lost", ended: true }]);
    deepEqual(killed.orphans.filter(({ ended }) => ended !== true), []);
    deepEqual([orphan, foreign, helper].map(({ pid }) => isRunning(pid)), [false, true, true]);
    equal((await sessions.ask(["send", "--id", "live", "hello"])).answer["status"], "delivered");
    const again = partsOf((await sessions.ask([...DOCTOR, "--sweep", "--kill"])).answer["sweep"]);
    deepEqual(again, { lost: [], orphans: [], windows: [], launches: [] });
    equal((await sessions.run([...DOCTOR, "--kill"])).code, 2);
  },
});

Deno.test({
  name: "doctor --sweep --kill does not end itself when it runs within a dead session",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const lost = await lose(sessions, "lost");
    // Run by the session's own leftover: it and its parents are not to be ended by it.
    const env = { HARNEX_SESSION_ID: lost.sessionId };
    const swept = await sessions.ask([...DOCTOR, "--sweep", "--kill"], { env });
    deepEqual([swept.code, partsOf(swept.answer["sweep"]).orphans], [0, []]);
  },
});

Deno.test({
  name: "doctor --sweep --kill closes the window of a dead host, and no other",
  ignore: ignore || !hasTmux(),
  async fn() {
    await using sessions = createSessions();
    await using server = createTmuxServer(sessions);
    await server.openSession("kept");
    await server.tmux("set-option", "-g", "remain-on-exit", "on");
    const { env } = server;
    equal((await sessions.run(["run", "repl", "--id", "w", "--tmux", "--timeout", "30"], { env })).code, 0);
    const { hostPid, sessionId } = sessions.record("w");
    await server.tmux("new-window", "-d", "-t", "=kept:", "-n", "mine", "true");
    Deno.kill(hostPid, "SIGKILL");
    await untilGone(sessionId, 10_000);
    const windows = async () =>
      (await server.tmux("list-windows", "-a", "-F", "#{window_name} #{pane_dead}")).split("\n");
    await until(10_000, async () => (await windows()).includes("w 1") ? true : undefined, "the dead window");
    const looked = partsOf((await sessions.ask([...DOCTOR, "--sweep"], { env })).answer["sweep"]);
    deepEqual(looked.windows.map(({ closed }) => closed), [false]);
    const killed = partsOf((await sessions.ask([...DOCTOR, "--sweep", "--kill"], { env })).answer["sweep"]);
    deepEqual(killed.windows.map(({ closed }) => closed), [true]);
    const left = await windows();
    deepEqual([left.some((row) => row.startsWith("w ")), left.includes("mine 1")], [false, true]);
  },
});
