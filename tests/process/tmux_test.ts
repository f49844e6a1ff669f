/**
 * Sessions in tmux windows: names, inside and outside tmux, the caller's environment, what `pane` shows.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { partOf, readLedger } from "../support/ledger.ts";
import { createSessions, exists, type Sessions } from "../support/sessions.ts";
import { createTmuxServer, hasTmux, type TmuxServer } from "../support/tmux_server.ts";
import { until } from "../support/until.ts";

function test(name: string, fn: (sessions: Sessions, server: TmuxServer) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !hasTmux(),
    async fn() {
      await using sessions = createSessions();
      await using server = createTmuxServer(sessions);
      await fn(sessions, server);
    },
  });
}

const RUN = ["run", "--timeout", "30"];

async function windows(server: TmuxServer): Promise<string[]> {
  return (await server.tmux("list-windows", "-a", "-F", "#{session_name}:#{window_name}")).split("\n").sort();
}

test("run --tmux outside tmux makes a session named harnex, and uses it again", async (sessions, server) => {
  const { env } = server;
  const one = await sessions.ask([...RUN, "repl", "--id", "T 1", "--tmux", "--description", "note"], { env });
  const { pid, port, ...answer } = one.answer;
  ok(Number.isInteger(pid) && Number.isInteger(port), one.stderr);
  deepEqual(answer, {
    ok: true,
    id: "T 1",
    cli: "repl",
    mode: "tmux",
    window: "T 1",
    output_log_path: sessions.files("T 1").output,
    description: "note",
  });
  const two = await sessions.ask([...RUN, "repl", "--id", "two", "--tmux", "named"], { env });
  equal(two.answer["window"], "named", two.stderr);
  deepEqual(await windows(server), ["harnex:T 1", "harnex:named"]);
  const { json } = sessions.record("two");
  deepEqual([json["tmux_session"], json["tmux_window"]], ["harnex", "named"]);
  match(String(json["tmux_target"]), /^%\d+$/);
  const listed = JSON.parse((await sessions.run(["status", "--json"])).stdout);
  deepEqual(listed.map(({ tmux_window }: { tmux_window: string }) => tmux_window).sort(), ["T 1", "named"]);
  equal((await sessions.run(["stop", "--id", "two", "--wait"], { env })).code, 0);
  equal(partOf(readLedger(sessions).at(-1), "meta")["tmux_session"], "harnex");
});

test("run --tmux twice at the same moment outside tmux: both windows are there", async (sessions, server) => {
  const { env } = server;
  const ids = ["a", "b", "c"];
  const answers = await Promise.all(ids.map((id) => sessions.ask([...RUN, "repl", "--id", id, "--tmux"], { env })));
  deepEqual(answers.map(({ code }) => code), [0, 0, 0], answers.map(({ stderr }) => stderr).join(""));
  deepEqual(await windows(server), ["harnex:a", "harnex:b", "harnex:c"]);
});

test("run --tmux inside tmux opens a window in the current session and leaves the focus", async (sessions, server) => {
  const env = await server.openSession("mine");
  await server.openSession("mine2"); // a name that begins alike
  equal((await sessions.ask([...RUN, "repl", "--id", "t", "--tmux=w", "--", "task"], { env })).code, 0);
  ok((await windows(server)).includes("mine:w"));
  equal(await server.tmux("display-message", "-p", "-t", "=mine:", "#{window_name}"), "shell");
  match(String(sessions.record("t").json["command"]), /task$/);
});

for (
  const [words, id, window] of [
    [["--tmux", "repl"], undefined, undefined],
    [["--tmux", "win", "repl"], undefined, "win"],
    [["--tmux", "--id", "t", "repl"], "t", "t"],
    [["repl", "--tmux", "--id", "t"], "t", "t"],
    [["repl", "--id", "t", "--tmux", "--", "word"], "t", "t"],
    [["repl", "--id", "t", "--tmux", "win"], "t", "win"],
  ] as const
) {
  test(`run ${words.join(" ")} names the window ${window ?? "after a random id"}`, async (sessions, server) => {
    const { code, answer, stderr } = await sessions.ask([...RUN, ...words], { env: server.env });
    deepEqual([code, answer["cli"]], [0, "repl"], stderr);
    if (id !== undefined) equal(answer["id"], id);
    if (window === undefined) match(String(answer["id"]), /^[a-z]+-[a-z]+$/);
    equal(answer["window"], window ?? answer["id"]);
  });
}

test("run --tmux gives the agent the caller's environment, not the server's", async (sessions, server) => {
  const inside = await server.openSession("mine");
  const env = { ...inside, MARK: 'it\'s "$HOME"; $(x)', HARNEX_BASE_PORT: "47400", HARNEX_PORT_SPAN: "50" };
  const { code, stderr } = await sessions.ask([...RUN, "repl", "--id", "t", "--tmux", "--inbox-ttl", "7"], { env });
  equal(code, 0, stderr);
  const { port } = sessions.record("t"); // in our state directory, of which the server knew nothing
  ok(port >= 47_400 && port < 47_450);
  for (const name of ["MARK", "HARNEX_STATE_DIR", "PATH", "HARNEX_SPAWNER_PANE", "HARNEX_ID"]) {
    equal((await sessions.ask(["send", "--id", "t", "--wait-for-idle", `env ${name}`])).code, 0);
  }
  const text = sessions.transcript("t");
  ok(text.includes(`MARK=${env.MARK}.`), text);
  ok(text.includes(`HARNEX_STATE_DIR=${sessions.sandbox.stateDir}.`), text);
  ok(text.includes(`PATH=${sessions.env["PATH"]}.`), text);
  ok(text.includes(`HARNEX_SPAWNER_PANE=${inside["TMUX_PANE"]}.`), text);
  equal(exists(`${sessions.sandbox.path}/other-state`), false, "nothing was written where the server would have");
});

test("run --tmux shows the agent in its window, in colour, and takes a person's keys", async (sessions, server) => {
  const { env } = server;
  equal((await sessions.ask([...RUN, "repl", "--id", "t", "--tmux"], { env })).code, 0);
  const target = String(sessions.record("t").json["tmux_target"]);
  await sessions.ask(["wait", "--id", "t", "--until", "prompt", "--timeout", "20"]);
  await server.tmux("send-keys", "-t", target, "typed by hand", "Enter");
  const shows = (pattern: RegExp) => async () =>
    pattern.test(await server.tmux("capture-pane", "-p", "-t", target)) ? true : undefined;
  await until(20_000, shows(/did: typed by hand/), "the answer in the window");
  await server.tmux("resize-window", "-t", target, "-x", "91", "-y", "27");
  await server.tmux("send-keys", "-t", target, "size", "Enter");
  await until(20_000, shows(/^27 91$/m), "the new size");
});

test("pane shows the window's rows: all, the last ones, as JSON", async (sessions, server) => {
  const { env } = server;
  equal((await sessions.ask([...RUN, "repl", "--id", "t", "--tmux"], { env })).code, 0);
  for (const word of ["one", "two", "three"]) {
    equal((await sessions.ask(["send", "--id", "t", "--wait-for-idle", word])).code, 0);
  }
  const expected = ["> one", "did: one", "> two", "did: two", "> three", "did: three", ">"];
  const all = (await sessions.run(["pane", "--id", "t"], { env })).stdout.trimEnd().split("\n").map((row) =>
    row.trim()
  );
  deepEqual(all.slice(-expected.length), expected);
  const last = await sessions.run(["pane", "--id", "T", "--lines", "3"], { env });
  equal(last.stdout.replaceAll(/ +$/gm, ""), "> three\ndid: three\n>\n");
  const { answer } = await sessions.ask(["pane", "--id", "t", "--lines", "2", "--json"], { env });
  const { captured_at, text, ...rest } = answer;
  deepEqual(rest, { ok: true, id: "t", source: "tmux", lines: 2 });
  match(String(captured_at), /^\d{4}-/);
  match(String(text), /^did: three\n> ?\n$/);
});

test("stop of a session in tmux closes its window and no other", async (sessions, server) => {
  const { env } = server;
  await server.openSession("mine");
  equal((await sessions.ask([...RUN, "repl", "--id", "t", "--tmux"], { env })).code, 0);
  await sessions.ask(["wait", "--id", "t", "--until", "prompt", "--timeout", "20"]);
  equal((await sessions.ask(["stop", "--id", "t", "--wait"])).answer["exit_code"], 0);
  await until(
    5_000,
    async () => (await windows(server)).join() === "mine:shell" ? true : undefined,
    "the window's end",
  );
});

test("a window that a person closes ends its session in good order", async (sessions, server) => {
  const { env } = server;
  await server.openSession("mine");
  equal((await sessions.ask([...RUN, "repl", "--id", "t", "--tmux"], { env })).code, 0);
  await sessions.ask(["wait", "--id", "t", "--until", "prompt", "--timeout", "20"]);
  await server.tmux("kill-window", "-t", String(sessions.record("t").json["tmux_target"]));
  const { code, answer } = await sessions.ask(["wait", "--id", "t", "--timeout", "20"]);
  deepEqual([code, answer["exit_code"], answer["signal"]], [129, 129, 1]);
  equal(exists(sessions.files("t").record), false);
});

Deno.test("pane shows the last rows of a headless session too", async () => {
  await using sessions = createSessions();
  await sessions.startReady("h", ["repl"]);
  equal((await sessions.ask(["send", "--id", "h", "--wait-for-idle", "hello"])).code, 0);
  const { code, stdout } = await sessions.run(["pane", "--id", "h", "--lines", "2"]);
  deepEqual([code, stdout.replaceAll(/ +$/gm, "")], [0, "did: hello\n>\n"]);
  const { answer } = await sessions.ask(["pane", "--id", "h", "--json"]);
  const { captured_at, text, ...rest } = answer;
  deepEqual(rest, { ok: true, id: "h", source: "screen", lines: null });
  match(String(captured_at), /^\d{4}-/);
  match(String(text), /^> hello\ndid: hello\n> ?\n$/);
  const gone = await sessions.run(["pane", "--id", "nobody"]);
  equal(gone.code, 1);
  match(gone.stderr, /^harnex pane: no active session "nobody"/m);
});
