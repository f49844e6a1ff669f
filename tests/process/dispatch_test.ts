/**
 * Every way to end leaves one start and one end in the ledger, with one verdict and one code everywhere: the generic
 * column of the table, whose others are in tests/agents.
 */

import { join } from "node:path";
import { deepEqual, equal } from "../support/assert.ts";
import { ENDS, entriesOf, waitCode, type WayToEnd } from "../support/dispatch_ends.ts";
import { accountOf } from "../support/ledger.ts";
import { ledgerLine } from "../support/ledger_entry.ts";
import { untilGone } from "../support/processes.ts";
import { createSessions, exists, type Sessions } from "../support/sessions.ts";
import { canMount, mountDisk } from "../support/small_disk.ts";
import { ROOT } from "../support/tree.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

const ignore = Deno.build.os !== "linux"; // looks at processes through /proc

/** Runs the session `d` to its end. */
type Way = (sessions: Sessions) => Promise<unknown>;

const APPENDER = join(ROOT, "tests/support/appender.ts");
const UNLOCKED_ROWS = 200;
const UNLOCKED = `i=0; while [ $i -lt ${UNLOCKED_ROWS} ]; do printf '%s\\n' "$1" >> "$2"; i=$((i + 1)); done`;

const run = (...words: string[]) => (sessions: Sessions) => sessions.run(["run", "--id", "d", ...words]);

/** Starts a waiting agent and does something to it. */
function started(words: string[], act: (pids: { pid: number; hostPid: number }, sessions: Sessions) => unknown) {
  return async (sessions: Sessions) => {
    const session = await sessions.startReady("d", words);
    await act(session, sessions);
    await sessions.run(["wait", "--id", "d", "--timeout", "20"]);
    await until(10_000, () => exists(sessions.files("d").record) ? undefined : true, "the end of the record");
  };
}

/** The agents here are programs that harnex knows nothing of. */
const WAYS: Readonly<Record<WayToEnd, Way>> = {
  "exit 0": run("sh", "--", "-c", "exit 0"),
  "exit 7": run("sh", "--", "-c", "exit 7"),
  "TERM from outside": started(["repl"], ({ pid }) => Deno.kill(pid, "SIGTERM")),
  "KILL from outside": started(["repl"], ({ pid }) => Deno.kill(pid, "SIGKILL")),
  "KILL in the middle of a turn": started(["repl"], async ({ pid }, sessions) => {
    equal((await sessions.run(["send", "--id", "d", "work 100"])).code, 0);
    Deno.kill(pid, "SIGKILL");
  }),
  "KILL of the host": async (sessions) => {
    const { hostPid, sessionId } = await sessions.startReady("d", ["repl"]);
    Deno.kill(hostPid, "SIGKILL");
    await untilGone(sessionId, 10_000);
    equal((await sessions.run(["wait", "--id", "d", "--timeout", "20"])).code, 1);
    equal((await sessions.run(["doctor", "--adapter", "generic", "--sweep"])).code, 0);
  },
  "a failed boot": async (sessions) => {
    const bin = join(sessions.sandbox.home, "bin");
    Deno.mkdirSync(bin);
    Deno.writeTextFileSync(join(bin, "codex"), "#!/bin/sh\necho no such profile >&2\nexit 3\n", { mode: 0o755 });
    await sessions.run(["run", "codex", "--id", "d"], { env: { PATH: `${bin}:${sessions.env["PATH"]}` } });
  },
  "--max-runtime": run("--max-runtime", "1", "stubborn"),
  "stop, after a turn": started(["repl"], async (_, sessions) => {
    equal((await sessions.run(["send", "--id", "d", "hello", "--wait-for-idle"])).code, 0);
    await sessions.run(["stop", "--id", "d"]);
  }),
  "stop in the middle of a turn": started(["deaf"], async (_, sessions) => {
    await sessions.run(["send", "--id", "d", "--no-wait", "--force", "work"]);
    await sessions.run(["wait", "--id", "d", "--until", "busy", "--timeout", "10"]);
    await sessions.run(["stop", "--id", "d"]);
  }),
  "--auto-stop": run("repl", "--context", "build it", "--auto-stop"),
  "a full disk": async (sessions) => {
    await using _disk = await mountDisk(sessions.sandbox.stateDir, "512k");
    const fill = "head -c 3000000 /dev/zero | tr '\\0' x; exit 7";
    const { code, stderr } = await sessions.run(["run", "--id", "d", "sh", "--", "-c", fill]);
    equal(code, 7, stderr);
    equal(stderr.split("warning:").length, 2, stderr); // once
  },
};

for (const [name, way] of entriesOf(WAYS)) {
  const expected = ENDS[name].generic;
  Deno.test({
    name: `a dispatch is accounted for: ${name}`,
    ignore: ignore || (name === "a full disk" && !canMount()),
    async fn() {
      await using sessions = createSessions();
      await way(sessions);
      deepEqual(accountOf(sessions, "d"), {
        types: ["dispatch_start", "dispatch_end"],
        ...expected,
        sameSession: true,
      });
      const { exit_code, reason } = sessions.exitRecord("d");
      deepEqual({ exit: reason, code: exit_code }, expected);
      equal((await sessions.run(["wait", "--id", "d", "--timeout", "5"])).code, waitCode(expected));
      const last = sessions.events("d").at(-1);
      deepEqual([last?.["type"], last?.["code"], last?.["reason"]], ["exited", expected.code, expected.exit]);
      const [past] = JSON.parse((await sessions.run(["history", "--json"])).stdout);
      deepEqual([past.state, past.exit, past.exit_code], ["ended", expected.exit, expected.code]);
      await untilGone(`=${sessions.sandbox.stateDir}`, 10_000); // the host removes it last
      deepEqual([...Deno.readDirSync(join(sessions.sandbox.stateDir, "snapshots"))], []);
    },
  });
}

Deno.test({
  name: "twenty dispatches that end at once append twenty whole lines, behind half a line and beside other writers",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const { stateDir, project } = sessions.sandbox;
    const [ledger, summary] = [join(stateDir, "dispatches.jsonl"), join(project, "summary.jsonl")];
    const torn = '{"schema_version":1,"type":"dispatch_e';
    Deno.writeTextFileSync(ledger, ledgerLine({ session_id: "old", id: "old" }) + torn, { mode: 0o600 });
    const ids = Array.from({ length: 20 }, (_, index) => `d${index}`);
    const waiting = "while [ ! -e go ]; do sleep 0.1; done; exit 3";
    await using scope = new AsyncDisposableStack();
    const words = ["--summary-out", summary, "sh", "--", "-c", waiting];
    const runs = ids.map((id) => scope.use(sessions.spawn(["run", "--id", id, ...words])));
    await Promise.all(
      ids.map((id) => until(90_000, () => exists(sessions.files(id).record) ? true : undefined, `the start of ${id}`)),
    );
    const others = [
      // This version and a later one, which take the lock, and the established tool's way, which knows of none.
      ...[["v"], ["w", "9"]].map(([name = "", ...version]) =>
        new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--config", join(ROOT, "deno.json"), APPENDER, stateDir, name, "20", ...version],
        })
      ),
      ...[ledger, summary].map((path) =>
        new Deno.Command("sh", { args: ["-c", UNLOCKED, "sh", ledgerLine({ session_id: "u" }).trimEnd(), path] })
      ),
    ].map((command) => command.output());
    Deno.writeTextFileSync(join(project, "go"), "");
    const codes = await within(60_000, Promise.all(runs.map(async ({ status }) => (await status).code)), "their ends");
    deepEqual(codes, ids.map(() => 3));
    deepEqual((await Promise.all(others)).map(({ code }) => code), [0, 0, 0, 0]);

    const linesOf = (path: string) => Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
    equal(linesOf(ledger).filter((line) => line === torn).length, 1, "the half line stands alone");
    const rowsOf = (path: string) => linesOf(path).filter((line) => line !== torn).map((line) => JSON.parse(line));
    const rows = rowsOf(ledger);
    const of = (type: string) => rows.filter((row) => row.type === type && ids.includes(row.id)).map((row) => row.id);
    deepEqual([of("dispatch_start").sort(), of("dispatch_end").sort()], [[...ids].sort(), [...ids].sort()]);
    equal(rows.length, 1 + 2 * 20 + 20 + 20 + UNLOCKED_ROWS);
    const told = rowsOf(summary);
    deepEqual(told.map((row) => row.meta.id).filter((id) => ids.includes(id)).sort(), [...ids].sort());
    equal(told.length, 20 + UNLOCKED_ROWS);
    // And the reader takes all of them.
    const past = JSON.parse((await sessions.run(["history", "--all", "--json", "--limit", "1000"])).stdout);
    equal(past.length, 1 + 20 + 20 + 20 + 1);
  },
});
