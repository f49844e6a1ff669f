/**
 * Who may read what: modes of files and folders, and the token, which is in the registry record and nowhere else.
 */

import { join } from "node:path";
import { COMPILE_FLAGS } from "../../.ci/compile_flags.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { harnexProgram } from "../support/cli.ts";
import { listProcesses } from "../support/processes.ts";
import { createSessions, exists, fileName, type Sessions } from "../support/sessions.ts";
import { createTmuxServer, hasTmux } from "../support/tmux_server.ts";
import { readText } from "../support/tree.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

interface Entry {
  path: string;
  mode: string;
}

/** Everything below a folder, and the folder itself. */
function walk(path: string): Entry[] {
  const stat = Deno.lstatSync(path);
  const mode = ((stat.mode ?? 0) & 0o7777).toString(8);
  const kind = stat.isDirectory ? "folder" : stat.isFile ? "file" : "other";
  const inside = stat.isDirectory ? [...Deno.readDirSync(path)].flatMap(({ name }) => walk(join(path, name))) : [];
  return [{ path, mode: `${kind} ${mode}` }, ...inside];
}

function assertPrivate(stateDir: string): void {
  const entries = walk(stateDir);
  deepEqual(entries.filter(({ mode }) => mode !== "folder 700" && mode !== "file 600"), []);
  const folders = ["sessions", "exits", "events", "output", "logs"].map((name) => join(stateDir, name));
  deepEqual(folders.filter((folder) => !entries.some(({ path }) => path === folder)), []);
}

/** Runs harnex from a shell with that umask. */
function runUnder(umask: string, sessions: Sessions, args: readonly string[]) {
  const program = ["sh", "-c", `umask ${umask}; exec "$@"`, "sh", ...harnexProgram()];
  return sessions.run(args, { program });
}

for (const umask of ["000", "077", "022"]) {
  Deno.test(`run keeps every file 0600 and every folder 0700 under umask ${umask}`, async () => {
    await using sessions = createSessions();
    const { stateDir } = sessions.sandbox;
    Deno.removeSync(stateDir); // so that harnex makes it
    const run = (...args: string[]) => runUnder(umask, sessions, args);
    const started = await run("run", "repl", "--detach", "--id", "s", "--timeout", "30", "--description", "x");
    equal(started.code, 0, started.stderr);
    equal((await run("send", "--id", "s", "--wait-for-idle", "hello")).code, 0);
    assertPrivate(stateDir);
    equal((await run("stop", "--id", "s", "--wait")).code, 0);
    assertPrivate(stateDir);
    equal((await run("run", "--id", "fg", "sh", "--", "-c", "umask")).stdout.trim().slice(-3), umask);
    assertPrivate(stateDir);
  });
}

Deno.test("run --summary-out and koder/DISPATCH.jsonl get the summary, private too", async () => {
  await using sessions = createSessions();
  const { project } = sessions.sandbox;
  Deno.mkdirSync(join(project, "koder"));
  const rows = (path: string) =>
    Deno.readTextFileSync(join(project, path)).trimEnd().split("\n").map((row) => JSON.parse(row));
  for (const path of ["koder/DISPATCH.jsonl", "deep/er/out.jsonl"]) {
    const more = path.startsWith("koder") ? [] : ["--summary-out", path];
    equal((await sessions.run(["run", "--id", "d", ...more, "true"])).code, 0);
    const [row, ...others] = rows(path);
    deepEqual([row.meta.id, row.actual.exit, others.length], ["d", "success", 0]);
  }
});

Deno.test({
  name: "the token is in no command line, no output, no event and no log",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sessions = createSessions();
    const { token, ...session } = await sessions.startReady("s", ["repl"]);
    equal(token.length, 32);
    const holds = (text: string) => text.includes(token);
    const noArgv = () =>
      deepEqual(listProcesses().filter(({ argv }) => argv.some(holds)).map(({ pid }) => pid), [], "no command line");
    noArgv();
    await using follower = sessions.spawn(["events", "--id", "s"]);
    const results = [
      await sessions.run(["status", "--json"]),
      await sessions.run(["status"]),
      await sessions.run(["send", "--id", "s", "--verbose", "--wait-for-idle", "env HARNEX_TOKEN"]),
      await sessions.run(["pane", "--id", "s", "--json"]),
      await sessions.run(["logs", "--id", "s"]),
      await sessions.run(["doctor", "--adapter", "generic"]),
      await sessions.run(["wait", "--id", "s", "--timeout", "0.1"]),
    ];
    noArgv();
    const status = await (await sessions.call({ ...session, token }, "/status")).text();
    results.push(await sessions.run(["stop", "--id", "s", "--wait"]));
    await follower.status;
    await Promise.all([follower.out.ended, follower.err.ended]);
    const texts = [...results.flatMap(({ stdout, stderr }) => [stdout, stderr]), status, follower.out.text];
    deepEqual(texts.filter(holds), []);
    const files = walk(sessions.sandbox.stateDir).filter(({ mode }) => mode.startsWith("file"));
    deepEqual(files.filter(({ path }) => holds(Deno.readTextFileSync(path))), [], "not even in what stays behind");
    // The agent has no use for it either: whoever is in the session asks harnex, which reads the record.
    ok(!holds(sessions.transcript("s")));
  },
});

Deno.test({
  name: "the agent's environment holds no token",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sessions = createSessions();
    const { pid, token } = await sessions.startReady("s", ["repl"]);
    const agent = listProcesses().find((process) => process.pid === pid);
    ok(agent !== undefined && agent.environment.some((entry) => entry.startsWith("HARNEX_ID=")));
    deepEqual(agent.environment.filter((entry) => entry.includes(token)), []);
  },
});

Deno.test({
  name: "the token is in no command line and no environment while tmux, attach, wait, send and a watch are at it",
  ignore: Deno.build.os !== "linux" || !hasTmux(),
  async fn() {
    await using sessions = createSessions();
    await using server = createTmuxServer(sessions);
    const { env } = server;
    equal((await sessions.run(["run", "repl", "--id", "s", "--tmux", "--timeout", "30"], { env })).code, 0);
    const { token } = sessions.record("s");
    equal((await sessions.ask(["wait", "--id", "s", "--until", "prompt"])).code, 0);
    await using attached = await sessions.open([...harnexProgram(), "attach", "--id", "s"]);
    await attached.output.until(/>/);
    await using waiter = sessions.spawn(["wait", "--id", "s", "--until", "task_failed", "--heartbeat", "0.1"]);
    await using watcher = sessions.spawn(["watch", "--id", "s"]);
    await using sender = sessions.spawn(["send", "--id", "s", "--wait-for-idle", "work 1"]);
    await Promise.all([waiter.err.until(/still waiting/), watcher.out.until(/id=s/), attached.output.until(/work 1/)]);
    const holders = listProcesses().filter(({ argv, environment }) =>
      [...argv, ...environment].some((word) => word.includes(token))
    );
    deepEqual(holders.map(({ pid, argv }) => [pid, argv[0]]), []);
    const panes = await server.tmux("list-panes", "-a", "-F", "#{pane_start_command} #{pane_title} #{window_name}");
    equal(panes.includes(token), false, panes);
    equal((await within(20_000, sender.status)).code, 0);
    await Promise.all([sender.out.ended, sender.err.ended]);
    const texts = [attached.output.text, waiter.err.text, watcher.out.text, sender.out.text, sender.err.text];
    deepEqual(texts.filter((text) => text.includes(token)), []);
    equal((await sessions.ask(["stop", "--id", "s", "--wait"])).code, 0);
  },
});

const LINKS: Readonly<Record<string, (sessions: Sessions) => string>> = {
  "the registry record": (sessions) => sessions.files("s").record,
  "the exit record": (sessions) => sessions.files("s").exit,
  "the events": (sessions) => sessions.files("s").events,
  "the transcript": (sessions) => sessions.files("s").output,
  "the inbox journal": ({ sandbox }) => join(sandbox.stateDir, "inbox", `${fileName(sandbox.project, "s")}.jsonl`),
  "the lock": ({ sandbox }) => join(sandbox.stateDir, "locks", `${fileName(sandbox.project, "s")}.lock`),
  "the ledger": ({ sandbox }) => join(sandbox.stateDir, "dispatches.jsonl"),
  "the lock of the ledger": ({ sandbox }) => join(sandbox.stateDir, "dispatches.jsonl.lock"),
  "the host's log": ({ sandbox }) => join(sandbox.stateDir, "logs", "s.log"),
  "the summary": ({ sandbox }) => join(sandbox.project, "koder", "DISPATCH.jsonl"),
};

Deno.test("no symbolic link in place of a state file is written through, or given another mode", async () => {
  await Promise.all(
    Object.entries(LINKS).map(async ([what, linkOf]) => {
      await using sessions = createSessions();
      const target = join(sessions.sandbox.path, "precious");
      Deno.writeTextFileSync(target, "untouched", { mode: 0o644 });
      Deno.chmodSync(target, 0o644);
      const link = linkOf(sessions);
      Deno.mkdirSync(join(link, ".."), { recursive: true, mode: 0o700 });
      Deno.symlinkSync(target, link);
      const { code, stderr } = await sessions.run(["run", "repl", "--detach", "--timeout", "30", "--id", "s"]);
      if (code === 0) {
        // Its place was taken by a file, or it cost a warning: the session itself is whole.
        equal((await sessions.ask(["send", "--id", "s", "hello"])).code, 0, what);
        equal((await sessions.ask(["stop", "--id", "s", "--wait"])).code, 0, what);
      } else {
        equal(code, 1, what);
        match(stderr, /^harnex run: .* is a symbolic link; remove it and try again\n$/, what);
        ok(stderr.includes(link), `${what}: ${stderr}`);
      }
      equal(Deno.readTextFileSync(target), "untouched", what);
      equal((Deno.statSync(target).mode ?? 0) & 0o777, 0o644, what);
    }),
  );
});

/** Would make `pwned` wherever a shell, or tmux, reads it. */
const SHELL_WORDS = "a'b\"c $(touch pwned) `touch pwned` ; touch pwned & #(touch pwned) #{pid} \\ %% ~ $HOME *";

Deno.test("no shell and no format reads what a user gave: ids, folders, texts, arguments", async () => {
  await using sessions = createSessions();
  const tmux = hasTmux();
  await using server = tmux ? createTmuxServer(sessions) : undefined;
  const cwd = join(sessions.sandbox.path, `repo ${SHELL_WORDS.replaceAll("/", "")}`);
  Deno.mkdirSync(cwd);
  const argv = [
    "sh",
    "--",
    "-c",
    'printf "<%s>" "$@" "$HARNEX_DESCRIPTION" "$PWD"; printf "\n> "; cat',
    "sh",
    SHELL_WORDS,
  ];
  for (const mode of [["--detach"], ...(tmux ? [[`--tmux=${SHELL_WORDS}`]] : [])]) {
    const id = `${mode[0]?.slice(2, 6)} ${SHELL_WORDS}`;
    const words = [`--id=${id}`, "--description", SHELL_WORDS, "--meta", JSON.stringify({ phase: SHELL_WORDS })];
    const options = { cwd, env: server?.env ?? {} };
    const started = await sessions.ask(["run", ...mode, "--timeout", "30", ...words, ...argv], options);
    equal(started.code, 0, started.stderr);
    const output = String(started.answer["output_log_path"]);
    const real = Deno.realPathSync(cwd);
    const said = await until(10_000, () => {
      const text = Deno.readTextFileSync(output).replaceAll("\r\n", "\n");
      return text.includes("> ") && text.includes("\n") ? text : undefined;
    }, "what the agent got");
    ok(said.startsWith(`<${SHELL_WORDS}><${SHELL_WORDS}><${real}>\n`), `${mode}: ${said}`);
    if (mode[0] !== "--detach") equal(started.answer["window"], SHELL_WORDS);
    equal((await sessions.run(["pane", `--id=${id}`], options)).code, 0);
    equal((await sessions.ask(["stop", `--id=${id}`, "--wait", "--kill-after", "0.3"], options)).code, 0);
  }
  const made = [sessions.sandbox.path, sessions.sandbox.home, sessions.sandbox.project, cwd, sessions.sandbox.stateDir]
    .filter((folder) => exists(join(folder, "pwned")));
  deepEqual(made, []);
});

Deno.test("the permissions that the program is compiled with are stated, and why", () => {
  const permissions = COMPILE_FLAGS.filter((flag) => flag === "-A" || flag.startsWith("--allow"));
  match(readText("guides/decisions.md"), new RegExp(`\\*\\*Permissions: \`${permissions.join(" ")}\`\\.\\*\\* \\w+`));
});

const binary = Deno.env.get("HARNEX_BIN") ?? "";

Deno.test({
  name: "the compiled program neither writes nor reads a code cache in TMPDIR, where one with a cache does both",
  ignore: binary === "", // HARNEX_BIN names the compiled program; the source has none
  async fn() {
    await using sessions = createSessions();
    const { path } = sessions.sandbox;
    const source = join(path, "hello.js");
    Deno.writeTextFileSync(source, 'console.log("hello");\n');
    const cached = join(path, "cached");
    const flags = COMPILE_FLAGS.filter((flag) => flag !== "--no-code-cache");
    ok(flags.length < COMPILE_FLAGS.length);
    const compiler = new Deno.Command(Deno.execPath(), {
      args: ["compile", ...flags, "-o", cached, source],
      cwd: path,
    });
    equal((await compiler.output()).code, 0);
    const touched = async (name: string, program: readonly string[], args: readonly string[]) => {
      const TMPDIR = join(path, name);
      Deno.mkdirSync(TMPDIR);
      const watcher = Deno.watchFs(TMPDIR);
      const seen: string[] = [];
      const watching = (async () => {
        for await (const event of watcher) seen.push(...event.paths.map((file) => file.slice(TMPDIR.length + 1)));
      })();
      for (let round = 0; round < 2; round++) equal((await sessions.run(args, { program, env: { TMPDIR } })).code, 0);
      Deno.writeTextFileSync(join(TMPDIR, "last"), "");
      await until(10_000, () => seen.includes("last") || undefined, "the watch to have caught up");
      watcher.close();
      await watching;
      return seen.filter((file) => file !== "last" && file !== "");
    };
    const control = await touched("control", [cached], []);
    ok(control.some((file) => /cache/.test(file)), `the control has a cache: ${control}`);
    deepEqual(await touched("none", harnexProgram(), ["--version"]), []);
    deepEqual(await touched("status", harnexProgram(), ["status", "--json"]), []);
  },
});
