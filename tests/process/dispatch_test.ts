/**
 * Every way to end leaves one start and one end in the ledger, with one verdict and one code everywhere.
 */

import { join } from "node:path";
import { deepEqual, equal } from "../support/assert.ts";
import { accountOf } from "../support/ledger.ts";
import { ledgerLine } from "../support/ledger_entry.ts";
import { untilGone } from "../support/processes.ts";
import { createSessions, exists, type Sessions } from "../support/sessions.ts";
import { ROOT } from "../support/tree.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

const ignore = Deno.build.os !== "linux"; // looks at processes through /proc

interface Way {
  name: string;
  /** runs the session `d` to its end */
  end: (sessions: Sessions) => Promise<unknown>;
  exit: string;
  code: number | null;
  /** what `wait` exits with */
  wait: number;
  needs?: "mount";
}

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

const WAYS: Way[] = [
  { name: "exit 0", end: run("sh", "--", "-c", "exit 0"), exit: "success", code: 0, wait: 0 },
  { name: "exit 7", end: run("sh", "--", "-c", "exit 7"), exit: "failure", code: 7, wait: 7 },
  { name: "exit 124", end: run("sh", "--", "-c", "exit 124"), exit: "timeout", code: 124, wait: 124 },
  {
    name: "TERM from outside",
    end: started(["repl"], ({ pid }) => Deno.kill(pid, "SIGTERM")),
    exit: "failure",
    code: 143,
    wait: 143,
  },
  {
    name: "KILL from outside",
    end: started(["repl"], ({ pid }) => Deno.kill(pid, "SIGKILL")),
    exit: "failure",
    code: 137,
    wait: 137,
  },
  {
    name: "KILL in the middle of a turn",
    end: started(["repl"], async ({ pid }, sessions) => {
      equal((await sessions.run(["send", "--id", "d", "work 100"])).code, 0);
      Deno.kill(pid, "SIGKILL");
    }),
    exit: "disconnected",
    code: 137,
    wait: 137,
  },
  {
    name: "KILL of the host",
    async end(sessions) {
      const { hostPid, sessionId } = await sessions.startReady("d", ["repl"]);
      Deno.kill(hostPid, "SIGKILL");
      await untilGone(sessionId, 10_000);
      equal((await sessions.run(["wait", "--id", "d", "--timeout", "20"])).code, 1);
      equal((await sessions.run(["doctor", "--adapter", "generic", "--sweep"])).code, 0);
    },
    exit: "lost",
    code: null,
    wait: 1,
  },
  {
    name: "a failed boot",
    async end(sessions) {
      const bin = join(sessions.sandbox.home, "bin");
      Deno.mkdirSync(bin);
      Deno.writeTextFileSync(join(bin, "codex"), "#!/bin/sh\necho no such profile >&2\nexit 3\n", { mode: 0o755 });
      await sessions.run(["run", "codex", "--id", "d"], { env: { PATH: `${bin}:${sessions.env["PATH"]}` } });
    },
    exit: "boot_failure",
    code: 3,
    wait: 3,
  },
  {
    name: "--max-runtime",
    end: run("--max-runtime", "1", "stubborn"),
    exit: "timeout",
    code: 124,
    wait: 124,
  },
  {
    name: "stop at the prompt",
    end: started(["repl"], (_, sessions) => sessions.run(["stop", "--id", "d"])),
    exit: "success",
    code: 0,
    wait: 0,
  },
  {
    name: "stop in the middle of a turn",
    end: started(["deaf"], async (_, sessions) => {
      await sessions.run(["send", "--id", "d", "--no-wait", "--force", "work"]);
      await sessions.run(["wait", "--id", "d", "--until", "busy", "--timeout", "10"]);
      await sessions.run(["stop", "--id", "d"]);
    }),
    exit: "stopped",
    code: 143,
    wait: 143,
  },
  {
    name: "--auto-stop",
    end: run("repl", "--context", "build it", "--auto-stop"),
    exit: "success",
    code: 0,
    wait: 0,
  },
  {
    name: "a disk that is full",
    needs: "mount",
    async end(sessions) {
      const { stateDir } = sessions.sandbox;
      await mounted(stateDir, async () => {
        const fill = "head -c 3000000 /dev/zero | tr '\\0' x; exit 7";
        const { code, stderr } = await sessions.run(["run", "--id", "d", "sh", "--", "-c", fill]);
        equal(code, 7, stderr);
        equal(stderr.split("warning:").length, 2, stderr); // once
        // Looked at after the disk is gone: keep what the session has left.
        const kept = new Deno.Command("cp", { args: ["-a", `${stateDir}/.`, join(sessions.sandbox.path, "kept")] });
        equal((await kept.output()).code, 0);
      });
      Deno.removeSync(stateDir);
      Deno.renameSync(join(sessions.sandbox.path, "kept"), stateDir);
    },
    exit: "failure",
    code: 7,
    wait: 7,
  },
];

for (const way of WAYS) {
  Deno.test({
    name: `a dispatch is accounted for: ${way.name}`,
    ignore: ignore || (way.needs === "mount" && !canMount()),
    async fn() {
      await using sessions = createSessions();
      await way.end(sessions);
      deepEqual(accountOf(sessions, "d"), {
        types: ["dispatch_start", "dispatch_end"],
        exit: way.exit,
        code: way.code,
        sameSession: true,
      });
      const { exit_code, reason } = sessions.exitRecord("d");
      deepEqual({ exit_code, reason }, { exit_code: way.code, reason: way.exit });
      equal((await sessions.run(["wait", "--id", "d", "--timeout", "5"])).code, way.wait);
      const last = sessions.events("d").at(-1);
      deepEqual([last?.["type"], last?.["code"], last?.["reason"]], ["exited", way.code, way.exit]);
      const [past] = JSON.parse((await sessions.run(["history", "--json"])).stdout);
      deepEqual([past.state, past.exit, past.exit_code], ["ended", way.exit, way.code]);
      deepEqual([...Deno.readDirSync(join(sessions.sandbox.stateDir, "snapshots"))], []);
    },
  });
}

Deno.test({
  name: "twenty dispatches that end at once append twenty whole lines, behind half a line and beside another version",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const { stateDir, project } = sessions.sandbox;
    const ledger = join(stateDir, "dispatches.jsonl");
    const torn = '{"schema_version":1,"type":"dispatch_e';
    Deno.writeTextFileSync(ledger, ledgerLine({ session_id: "old", id: "old" }) + torn, { mode: 0o600 });
    const ids = Array.from({ length: 20 }, (_, index) => `d${index}`);
    const waiting = "while [ ! -e go ]; do sleep 0.1; done; exit 3";
    await using scope = new AsyncDisposableStack();
    const runs = ids.map((id) => scope.use(sessions.spawn(["run", "--id", id, "sh", "--", "-c", waiting])));
    await Promise.all(
      ids.map((id) => until(90_000, () => exists(sessions.files(id).record) ? true : undefined, `the start of ${id}`)),
    );
    const other = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--config",
        join(ROOT, "deno.json"),
        join(ROOT, "tests/support/appender.ts"),
        stateDir,
        "v",
        "40",
      ],
    }).output();
    Deno.writeTextFileSync(join(project, "go"), "");
    const codes = await within(60_000, Promise.all(runs.map(async ({ status }) => (await status).code)), "their ends");
    deepEqual(codes, ids.map(() => 3));
    equal((await other).code, 0);

    const lines = Deno.readTextFileSync(ledger).split("\n").filter((line) => line !== "");
    equal(lines.filter((line) => line === torn).length, 1);
    const rows = lines.filter((line) => line !== torn).map((line) => JSON.parse(line));
    const of = (type: string) => rows.filter((row) => row.type === type && ids.includes(row.id)).map((row) => row.id);
    deepEqual([of("dispatch_start").sort(), of("dispatch_end").sort()], [[...ids].sort(), [...ids].sort()]);
    equal(rows.length, 1 + 40 + 40);
  },
});

/** A small disk of memory there, for as long as `use` takes. */
async function mounted(path: string, use: () => Promise<void>): Promise<void> {
  const mount = new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", "size=512k,mode=700", "none", path] });
  equal((await mount.output()).code, 0);
  try {
    await use();
  } finally {
    await new Deno.Command("umount", { args: ["--lazy", path] }).output();
  }
}

function canMount(): boolean {
  const path = Deno.makeTempDirSync({ prefix: "harnex-test-" });
  try {
    const mount = new Deno.Command("mount", { args: ["-t", "tmpfs", "none", path], stderr: "null" });
    if (!mount.outputSync().success) return false;
    return new Deno.Command("umount", { args: [path] }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  } finally {
    Deno.removeSync(path);
  }
}
