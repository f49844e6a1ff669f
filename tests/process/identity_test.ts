/**
 * What a session is called, where it listens, what it leaves: the surface that other tools read.
 */

import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { listProcesses } from "../support/processes.ts";
import { createSessions, exists, fileName, type Json, type Sessions } from "../support/sessions.ts";

const linux = Deno.build.os === "linux";

function test(name: string, fn: (sessions: Sessions) => Promise<void>, { ignore = false } = {}): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using sessions = createSessions();
      await fn(sessions);
    },
  });
}

/** The established formula: the whole digest as one number. */
function portOf(root: string, id: string, { base, span }: { base: number; span: number }): number {
  const digest = createHash("sha256").update(`${root}\0${id}`).digest("hex");
  return base + Number(BigInt(`0x${digest}`) % BigInt(span));
}

async function bind(port: number): Promise<Deno.Listener | undefined> {
  try {
    return await Promise.resolve(Deno.listen({ hostname: "127.0.0.1", port }));
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return undefined;
    throw error;
  }
}

test("run listens on the port that repository and id point to", async (sessions) => {
  const { project } = sessions.sandbox;
  for (const id of ["Worker A", " padded "]) {
    const expected = portOf(project, id.trim(), { base: 43_000, span: 4_000 });
    const probe = await bind(expected);
    probe?.close();
    const { port } = await sessions.start(id, ["repl"]);
    if (probe !== undefined) equal(port, expected); // else another program of this machine has it
    ok(port >= 43_000 && port < 47_000);
  }
});

/** The first of so many free ports in a row; other programs of this machine may have any. */
async function freeRange(span: number): Promise<number> {
  for (let base = 20_000; base < 40_000; base += span) {
    const bound = await Promise.all(Array.from({ length: span }, (_, step) => bind(base + step)));
    for (const listener of bound) listener?.close();
    if (bound.every((listener) => listener !== undefined)) return base;
  }
  throw new Error("no free ports in a row");
}

test("run walks on, and around, to a free port", async (sessions) => {
  const range = { base: await freeRange(3), span: 3 };
  const env = { HARNEX_BASE_PORT: String(range.base), HARNEX_PORT_SPAN: String(range.span) };
  const first = portOf(sessions.sandbox.project, "p", range);
  const order = [0, 1, 2].map((step) => range.base + (first - range.base + step) % range.span);
  const one = await bind(order[0] ?? 0);
  const two = await bind(order[1] ?? 0);
  try {
    equal((await sessions.start("p", ["repl"], { env })).port, order[2]);
    const full = await sessions.run(["run", "repl", "--detach", "--id", "q"], { env });
    equal(full.code, 1);
    ok(full.stderr.includes(
      `no free port on 127.0.0.1 in ${range.base} to ${range.base + 2}; choose one with --port`,
    ));
  } finally {
    one?.close();
    two?.close();
  }
});

test("run stays below port 65536, whatever the settings", async (sessions) => {
  const env = { HARNEX_BASE_PORT: "65400", HARNEX_PORT_SPAN: "4000" };
  ok((await sessions.start("p", ["repl"], { env })).port >= 65_400);
});

test("run --port takes exactly that port or fails", async (sessions) => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const refused = await sessions.run(["run", "repl", "--detach", "--id", "p", "--port", String(port)]);
  equal(refused.code, 1);
  match(refused.stderr, new RegExp(`harnex run: .*127\\.0\\.0\\.1:${port} is in use.*--port`));
  equal(exists(sessions.files("p").record), false);
  taken.close();
  equal((await sessions.start("p", ["repl", "--port", String(port)])).port, port);
});

test("run --host and HARNEX_HOST choose the address", async (sessions) => {
  equal((await sessions.start("one", ["repl", "--host", "127.0.0.2"])).json["host"], "127.0.0.2");
  const env = { HARNEX_HOST: "127.0.0.3" };
  equal((await sessions.start("two", ["repl"], { env })).json["host"], "127.0.0.3");
  const [newest] = JSON.parse((await sessions.run(["status", "--json"])).stdout);
  equal(newest.agent_state !== null, true, "and the session is reached there");
}, { ignore: !linux });

test("run refuses an id that is live in another spelling, and names its pid and port", async (sessions) => {
  const live = await sessions.start("Foo Bar", ["repl"]);
  equal(live.id, "Foo Bar");
  for (const id of ["Foo Bar", "foo-bar", "FOO_bar", "--foo//bar--"]) {
    const { code, stdout, stderr } = await sessions.run(["run", "repl", "--detach", `--id=${id}`]);
    deepEqual({ code, stdout }, { code: 1, stdout: "" });
    match(stderr, new RegExp(`^harnex run: .*already active.*pid ${live.pid}.*port ${live.port}`, "m"));
  }
  const [status] = JSON.parse((await sessions.run(["status", "--id", "FOO_BAR", "--json"])).stdout);
  equal(status.session_id, live.sessionId);
});

test("run keys sessions by the git root, from any folder in it", async (sessions) => {
  const { project } = sessions.sandbox;
  const inner = `${project}/a/b`;
  Deno.mkdirSync(inner, { recursive: true });
  equal((await new Deno.Command("git", { args: ["init", "-q", project] }).output()).code, 0);
  equal((await sessions.run(["run", "repl", "--detach", "--id", "g"], { cwd: inner })).code, 0);
  const session = sessions.record("g");
  deepEqual([session.json["repo_root"], session.json["cwd"]], [project, inner]);
  const [status] = JSON.parse((await sessions.run(["status", "--json"], { cwd: `${project}/a` })).stdout);
  equal(status.id, "g");
  equal((await sessions.run(["stop", "--id", "g", "--repo", inner, "--wait"], { cwd: "/" })).code, 0);
});

test("run keys a session by where -C sends Codex", async (sessions) => {
  const { path } = sessions.sandbox;
  for (const folder of ["bin", "other"]) Deno.mkdirSync(`${path}/${folder}`);
  const codex = '#!/bin/sh\n[ "$1" = --version ] && exec echo codex-cli 0.169.0\nexec sleep 1000\n';
  Deno.writeTextFileSync(`${path}/bin/codex`, codex, { mode: 0o755 });
  const env = { PATH: `${path}/bin:${sessions.env["PATH"]}` };
  const words = ["run", "codex", "--legacy-pty", "--detach", "--timeout", "30", "--id", "c", "--", "-C", "../other"];
  const started = await sessions.run(words, { env });
  equal(started.code, 0, started.stderr);
  const [status] = JSON.parse((await sessions.run(["status", "--json", "--repo", "../other"])).stdout);
  deepEqual([status.id, status.repo_root], ["c", `${path}/other`]);
});

test("HARNEX_STATE_DIR may be relative, or begin with ~", async (sessions) => {
  const { home, project } = sessions.sandbox;
  const inner = `${project}/inner`;
  Deno.mkdirSync(inner);
  const relative = { HARNEX_STATE_DIR: "st" };
  const script = "[ -d $HARNEX_STATE_DIR/sessions ] && echo found; read -r _";
  const words = ["run", "--detach", "--timeout", "30", "--id", "r", "--cwd", inner, "--root", project, "sh"];
  const started = await sessions.ask([...words, "--", "-c", script], { env: relative });
  equal(started.code, 0, started.stderr);
  const output = `${project}/st/output/${fileName(project, "r")}.log`;
  equal(started.answer["output_log_path"], output);
  equal((await sessions.ask(["stop", "--id", "r", "--wait"], { env: relative })).code, 0);
  match(Deno.readTextFileSync(output), /^found\r\n/, "what the agent starts finds the same state");

  const tilde = { HARNEX_STATE_DIR: "~/st" };
  equal((await sessions.run(["run", "--id", "t", "true"], { env: tilde })).code, 0);
  equal(exists(`${home}/st/exits/${fileName(project, "t")}.json`), true);
  equal(exists(`${project}/~`), false);
});

test("run names the agent's pid everywhere, not the host's", async (sessions) => {
  const { code, answer } = await sessions.ask(["run", "repl", "--detach", "--id", "p", "--", "task"]);
  equal(code, 0);
  const session = sessions.record("p");
  const agent = listProcesses().find(({ pid }) => pid === session.pid);
  deepEqual(agent?.argv.slice(-1), ["task"]);
  equal(agent?.argv.some((word) => word.endsWith("/repl")), true);
  const [status] = JSON.parse((await sessions.run(["status", "--json"])).stdout);
  const late = await sessions.ask(["wait", "--id", "p", "--timeout", "0.2"]);
  const started = sessions.events("p").find(({ type }) => type === "started");
  const pids = [answer["pid"], status.pid, started?.["pid"], late.answer["pid"]];
  deepEqual(pids, pids.map(() => session.pid));
  ok(session.hostPid !== session.pid && status.host_pid === session.hostPid);
}, { ignore: !linux });

test("run --detach answers with these keys", async (sessions) => {
  const { answer } = await sessions.ask(["run", "repl", "--detach", "--id", "K 1", "--description", "a note"]);
  const { pid, port, ...rest } = answer;
  ok(Number.isInteger(pid) && Number.isInteger(port));
  deepEqual(rest, {
    ok: true,
    id: "K 1",
    cli: "repl",
    mode: "headless",
    log: `${sessions.sandbox.stateDir}/logs/K 1.log`,
    output_log_path: sessions.files("K 1").output,
    description: "a note",
  });
  equal(exists(String(answer["log"])), true);
});

test("status --json has these keys, and the registry record has them too", async (sessions) => {
  const { json } = await sessions.startReady("k", ["repl", "--description", "a note", "--", "one"]);
  const [status] = JSON.parse((await sessions.run(["status", "--json"])).stdout);
  const known = [
    "agent_state auto_disconnects cli command description effort events_log_path host host_pid id inbox",
    "injected_count input_state last_completed_at last_injected_at log_idle_s log_mtime model ok output_log_path",
    "pid port repo_key repo_root session_id started_at transport version",
  ].join(" ").split(" ");
  deepEqual(Object.keys(status).sort(), known);
  deepEqual([status.input_state, status.agent_state], [{ state: "prompt", input_ready: true }, "prompt"]);
  deepEqual(status.inbox, { pending: 0, delivered_total: 0, expired_total: 0 });
  equal(status.command.at(-1), "one");
  match(status.started_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.]\d+)?([+-]\d\d:\d\d|Z)$/);

  const { input_state: _live, ...told } = status;
  deepEqual(Object.keys(told).filter((key) => !(key in json)), [], "all but the live state");
  deepEqual([json["inbox"], json["auto_disconnects"]], [status.inbox, 0]);
  const { token, ...shared } = json;
  match(String(token), /^[0-9a-f]{32}$/);
  for (const key of ["session_id", "repo_root", "repo_key", "cli", "id", "pid", "port", "command", "description"]) {
    deepEqual(shared[key], status[key], key);
  }
  equal(json["cwd"], sessions.sandbox.project);
  equal(`${json["repo_key"]}--k`, fileName(sessions.sandbox.project, "k"));
});

test("status --json names the model as --meta does, and no effort that is no text", async (sessions) => {
  await sessions.start("labelled", ["repl", "--meta", '{"model":"label","effort":7}']);
  const [{ model, effort }] = JSON.parse((await sessions.run(["status", "--json"])).stdout);
  deepEqual({ model, effort }, { model: "label", effort: null });
});

test("wait prints the exit record, which has these keys", async (sessions) => {
  equal((await sessions.run(["run", "--detach", "--id", "k", "sh", "--", "-c", "exit 7"])).code, 0);
  const { code, answer } = await sessions.ask(["wait", "--id", "k", "--timeout", "20"]);
  const { exited_at, started_at, ...rest } = answer;
  for (const time of [started_at, exited_at]) match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+([+-]\d\d:\d\d|Z)$/);
  deepEqual({ code, rest }, {
    code: 7,
    rest: {
      ok: true,
      id: "k",
      cli: "sh",
      session_id: sessions.events("k")[0]?.["session_id"],
      repo_root: sessions.sandbox.project,
      exit_code: 7,
      injected_count: 0,
      reason: "failure",
    },
  });
  deepEqual(sessions.exitRecord("k"), answer);
});

test("status lists the newest first, also of sessions that began in one second", async (sessions) => {
  const started_at = "2026-01-01T00:00:00+00:00";
  // As of the established tool: nobody's address, and an agent that lives.
  for (const [id, started_ms] of Object.entries({ a: 100, b: 300, c: 200 })) {
    const { record } = sessions.files(id);
    Deno.mkdirSync(dirname(record), { recursive: true });
    const rest = { cli: "repl", repo_root: sessions.sandbox.project, pid: Deno.pid, port: 1, started_at };
    Deno.writeTextFileSync(record, JSON.stringify({ session_id: id, id, started_ms, inbox: { pending: 2 }, ...rest }));
  }
  const listed: Json[] = JSON.parse((await sessions.run(["status", "--all", "--json"])).stdout);
  deepEqual(listed.map(({ id, inbox, started_ms }) => [id, inbox, started_ms]), [
    ["b", { pending: 2 }, undefined],
    ["c", { pending: 2 }, undefined],
    ["a", { pending: 2 }, undefined],
  ]);
});

test("status shows a table, and says where sessions are when there are none here", async (sessions) => {
  const root = sessions.sandbox.project;
  equal((await sessions.run(["status"])).stdout, `No active harnex sessions for ${root}.\n`);
  equal((await sessions.run(["status", "--all"])).stdout, "No active harnex sessions.\n");
  const older = await sessions.startReady("older", ["repl"]);
  await sessions.startReady("newer", ["repl", "--description", "d".repeat(40)]);
  const [heading = "", rule = "", first = "", second = ""] = (await sessions.run(["status"])).stdout.split("\n");
  deepEqual(heading.trim().split(/\s+/), ["ID", "CLI", "PID", "PORT", "AGE", "IDLE", "STATE", "REPO", "DESC"]);
  match(first, /^newer\s+repl\s+\d+\s+\d+\s+\d+s\s+\d+s\s+prompt\s+\S+\s+d{27}\.\.\.$/);
  match(second, new RegExp(`^older  repl  ${older.pid}  +${older.port}  +\\d+s +\\d+s +prompt +\\S+ +-$`));
  equal(rule.replaceAll(/-+/g, "-"), Array(9).fill("-").join("  "));
  const starts = (line: string) => [...line.matchAll(/\S+/g)].map(({ index }) => index);
  for (const line of [rule, first, second]) deepEqual(starts(line), starts(heading), "every column begins at its left");
  const elsewhere = (await sessions.run(["status"], { cwd: sessions.sandbox.home })).stdout;
  match(elsewhere, /^No active harnex sessions for .*\.\n2 run elsewhere; see: harnex status --all\n$/);
});
