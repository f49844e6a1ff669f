/**
 * Who may read what: modes of files and folders, and the token, which is in the registry record and nowhere else.
 */

import { join } from "node:path";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { harnexProgram } from "../support/cli.ts";
import { listProcesses } from "../support/processes.ts";
import { createSessions, type Sessions } from "../support/sessions.ts";

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

Deno.test("run does not write through a symbolic link in the state directory", async () => {
  await using sessions = createSessions();
  const target = join(sessions.sandbox.path, "precious");
  Deno.writeTextFileSync(target, "untouched");
  const { events, output } = sessions.files("s");
  for (const link of [events, output]) {
    Deno.mkdirSync(join(link, ".."), { recursive: true, mode: 0o700 });
    Deno.symlinkSync(target, link);
    const { code, stderr } = await sessions.run(["run", "repl", "--detach", "--id", "s"]);
    equal(code, 1);
    ok(stderr.includes(`${link} is a symbolic link`), stderr);
    Deno.removeSync(link);
  }
  equal(Deno.readTextFileSync(target), "untouched");
});
