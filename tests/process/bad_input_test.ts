/**
 * Bad input of every kind: one line that helps, the right exit code, and nothing written outside the state directory.
 */

import { join } from "node:path";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createSessions, exists, type Sessions } from "../support/sessions.ts";

interface Case {
  args: readonly string[];
  code: number;
  /** the error line */
  error: RegExp;
  stdin?: string;
  env?: Record<string, string>;
}

const RUN = ["run", "repl", "--detach"];

const CASES: readonly Case[] = [
  { args: ["frob"], code: 2, error: /^harnex: unknown command "frob"/ },
  { args: ["statsu"], code: 2, error: /unknown command "statsu"\. Did you mean "status"\?/ },
  { args: ["--frob"], code: 2, error: /^harnex: unknown option "--frob"/ },
  { args: ["status", "--frob"], code: 2, error: /^harnex: .*--frob/ },
  { args: ["status", "--jsno"], code: 2, error: /Did you mean "?--json/ },
  { args: ["status", "extra"], code: 2, error: /^harnex: needless argument: status does not take "extra"/ },
  { args: ["run"], code: 2, error: /^harnex: missing argument: name the agent to run/ },
  { args: ["run", "--", "repl"], code: 2, error: /missing argument: name the agent to run, before "--"/ },
  { args: ["run", ""], code: 2, error: /the name of the agent to run is empty/ },
  { args: ["run", "--frob", "repl"], code: 2, error: /--frob/ },
  { args: [...RUN, "--id"], code: 2, error: /^harnex: missing argument: --id/ },
  { args: [...RUN, "--id", "--tmux"], code: 2, error: /^harnex: missing argument: --id/ },
  { args: [...RUN, "--id", ""], code: 2, error: /^harnex: --id: an id must not be empty/ },
  { args: [...RUN, "--id", " \t"], code: 2, error: /^harnex: --id: an id must not be empty/ },
  { args: [...RUN, "--id", "x".repeat(300)], code: 2, error: /--id is too long/ },
  { args: [...RUN, "--port", "99999"], code: 2, error: /^harnex: --port: .*from 1 to 65535, got "99999"/ },
  { args: [...RUN, "--port", "0"], code: 2, error: /--port: .*got "0"/ },
  { args: [...RUN, "--port", "1e3"], code: 2, error: /--port: .*got "1e3"/ },
  { args: [...RUN, "--port", "-5"], code: 2, error: /--port: .*got "-5"/ },
  { args: [...RUN, "--meta", "[1]"], code: 2, error: /--meta: expected a JSON object/ },
  { args: [...RUN, "--meta", "{"], code: 2, error: /--meta: expected a JSON object, got "\{"/ },
  { args: [...RUN, "--timeout", "soon"], code: 2, error: /--timeout: .*30s, 5m or 2h, got "soon"/ },
  { args: [...RUN, "--timeout", "0"], code: 2, error: /--timeout: .*above zero/ },
  { args: [...RUN, "--inbox-ttl", "-1"], code: 2, error: /--inbox-ttl: / },
  { args: [...RUN, "--approvals", "maybe"], code: 2, error: /--approvals: expected auto, ask or deny, got "maybe"/ },
  { args: [...RUN, "--cwd", "/no/such/folder"], code: 1, error: /no such directory: \/no\/such\/folder/ },
  { args: [...RUN, "--root", "/no/such/folder"], code: 1, error: /no such directory: \/no\/such\/folder/ },
  { args: [...RUN, "--host", "203.0.113.7"], code: 1, error: /203\.0\.113\.7:\d+ cannot be bound: / },
  { args: [...RUN, "--preset", "other", "--watch"], code: 1, error: /--preset: expected impl, plan or gate/ },
  { args: [...RUN, "--watch-file", " "], code: 2, error: /--watch-file: the PATH is empty/ },
  { args: [...RUN, "--auto-stop", "--context", " "], code: 2, error: /--auto-stop needs --context/ },
  { args: RUN, env: { HARNEX_BASE_PORT: "many" }, code: 2, error: /HARNEX_BASE_PORT.*"many"/ },
  { args: ["send", "hello"], code: 2, error: /--id: required/ },
  { args: ["send", "--id", "x"], stdin: "", code: 2, error: /nothing to send/ },
  { args: ["send", "--id", "x", "--no-submit", "--submit-only"], code: 2, error: /--no-submit and --submit-only/ },
  {
    args: ["send", "--id", "x", "--submit-only", "hi"],
    code: 2,
    error: /--submit-only presses Enter and types no text/,
  },
  {
    args: ["send", "--id", "x", "--submit-only", "--message", "hi"],
    code: 2,
    error: /--submit-only presses Enter and types no text/,
  },
  { args: ["send", "--id", "x", "--port", "1", "hi"], code: 2, error: /--port and --token go together/ },
  { args: ["send", "--id", "x", "--timeout", "nan", "hi"], code: 2, error: /--timeout/ },
  { args: ["send", "--id", "x", "--key", "", "hi"], code: 2, error: /--key: the KEY is empty/ },
  { args: ["wait"], code: 2, error: /--id: required/ },
  { args: ["wait", "--id", "a", "--id", "b"], code: 2, error: /--any or --all/ },
  { args: ["wait", "--id", "x", "--since", "-1"], code: 2, error: /--since: / },
  { args: ["stop"], code: 2, error: /--id/ },
  { args: ["stop", "--id", "a", "--all"], code: 2, error: /contradict/ },
  { args: ["logs", "--id", "x", "--lines", "few"], code: 2, error: /--lines: .*"few"/ },
  { args: ["logs", "--id", "x"], code: 1, error: /^harnex logs: no session "x"/ },
  { args: ["events", "--id", "x", "--from", "2026-02-30"], code: 2, error: /--from: expected an ISO 8601 time/ },
  { args: ["pane", "--id", "x"], code: 1, error: /^harnex pane: no active session "x"/ },
  {
    args: ["doctor", "--adapter", "nope"],
    code: 2,
    error: /--adapter: expected claude, codex, .* or generic, got "nope"/,
  },
  { args: ["status", "--repo", "/no/such/folder"], code: 1, error: /no such directory/ },
];

/** Everything in the sandbox that is not in the state directory. */
function outside({ sandbox }: Sessions): string[] {
  const walk = (path: string): string[] =>
    [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) => {
      const inside = join(path, name);
      if (inside === sandbox.stateDir) return [];
      return isDirectory ? [inside, ...walk(inside)] : [inside];
    });
  return walk(sandbox.path).sort();
}

/** The error without what git said before it. */
function linesOf(stderr: string): string[] {
  return stderr.replaceAll(/^fatal: not a git repository.*\n/gm, "").trimEnd().split("\n");
}

Deno.test("every command: bad input gets one line that helps and the right exit code", async (test) => {
  await using sessions = createSessions();
  const before = outside(sessions);
  for (const { args, code, error, stdin, env } of CASES) {
    const name = args.map((word) => word === "" || /\s/.test(word) ? JSON.stringify(word) : word.slice(0, 40)).join(
      " ",
    );
    await test.step(name, async () => {
      const options = { ...(stdin === undefined ? {} : { stdin }), ...(env === undefined ? {} : { env }) };
      const result = await sessions.run(args, options);
      const [first = "", ...more] = linesOf(result.stderr);
      match(first, error);
      match(first, /^harnex( [a-z-]+)?: /);
      deepEqual([result.code, result.stdout, more], [code, "", code === 2 ? ["Try: harnex --help"] : []]);
    });
  }
  deepEqual(outside(sessions), before);
  deepEqual(JSON.parse((await sessions.run(["status", "--all", "--json"])).stdout), []);
});

for (
  const id of ["../../x", "/etc/passwd", "a/b", "🙂 a", "...", "line\nbreak", "$(touch pwned)", "-x", "%2e%2e", "ß"]
) {
  Deno.test(`run with the id ${JSON.stringify(id)} works and writes nothing outside the state directory`, async () => {
    await using sessions = createSessions();
    const before = outside(sessions);
    const started = await sessions.ask(["run", "repl", "--detach", "--timeout", "30", `--id=${id}`]);
    deepEqual([started.code, started.answer["id"]], [0, id], started.stderr);
    ok(String(started.answer["log"]).startsWith(`${sessions.sandbox.stateDir}/logs/`));
    equal(String(started.answer["log"]).slice(`${sessions.sandbox.stateDir}/logs/`.length).includes("/"), false);
    ok(exists(sessions.files(id).record));
    const sent = await sessions.ask(["send", `--id=${id}`, "--wait-for-idle", "hello"]);
    equal(sent.code, 0, JSON.stringify(sent));
    equal((await sessions.run(["status"])).stdout.split("\n").length, 4, "one row a session, whatever its id");
    equal((await sessions.ask(["stop", `--id=${id}`, "--wait"])).code, 0);
    match((await sessions.run(["logs", `--id=${id}`])).stdout, /did: hello/);
    deepEqual(outside(sessions), before);
  });
}

Deno.test("every command says so when the state directory cannot be written", async () => {
  await using sessions = createSessions();
  // Modes do not stop root: a file in its place, and a folder where nobody can make anything, do.
  const file = join(sessions.sandbox.path, "a-file");
  Deno.writeTextFileSync(file, "mine");
  const places = [file, join(file, "below"), ...(Deno.build.os === "linux" ? ["/proc/harnex"] : [])];
  for (const HARNEX_STATE_DIR of places) {
    const env = { HARNEX_STATE_DIR };
    for (const args of [[...RUN, "--id", "x"], ["run", "--id", "x", "repl"]]) {
      const { code, stdout, stderr } = await sessions.run(args, { env });
      const lines = linesOf(stderr);
      deepEqual([code, stdout, lines.length], [1, "", 1], stderr);
      ok(lines[0]?.startsWith("harnex run: ") && lines[0].includes(HARNEX_STATE_DIR), stderr);
    }
    equal((await sessions.run(["status", "--json"], { env })).stdout, "[]\n");
    equal((await sessions.run(["wait", "--id", "x"], { env })).code, 1);
    const sent = await sessions.run(["send", "--id", "x", "--timeout", "1", "hi"], { env });
    equal(sent.code, 1, sent.stderr);
    equal(linesOf(sent.stderr).length, 1, sent.stderr);
  }
  equal(Deno.readTextFileSync(file), "mine");
});

const GARBAGE: Readonly<Record<string, string | Uint8Array>> = {
  "no JSON": "garbage",
  "nothing": "",
  "half a record": '{"session_id": "abc", "id": "g", "pi',
  "an array": "[1,2,3]",
  "null": "null",
  "a number": "42",
  "an object of other things": '{"hello":"world"}',
  "a record with a text for a pid": '{"session_id":"a","id":"g","cli":"repl","repo_root":"/","pid":"1","port":43000}',
  "a record with the pid of everybody":
    '{"session_id":"a","id":"g","cli":"repl","repo_root":"/","pid":-1,"port":43000}',
  "bytes that are no text": new Uint8Array([0xff, 0xfe, 0x00, 0x80]),
};

for (const [what, content] of Object.entries(GARBAGE)) {
  Deno.test(`a registry file with ${what} stops no command, and doctor names it`, async () => {
    await using sessions = createSessions();
    const { record, exit } = sessions.files("g");
    for (const path of [record, exit]) {
      Deno.mkdirSync(join(path, ".."), { mode: 0o700 });
      Deno.writeFileSync(path, typeof content === "string" ? new TextEncoder().encode(content) : content, {
        mode: 0o600,
      });
    }
    equal((await sessions.run(["status", "--all", "--json"])).stdout, "[]\n");
    for (const command of ["wait", "stop", "logs", "events", "pane"]) {
      const { code, stderr } = await sessions.run([command, "--id", "g"]);
      deepEqual([code, linesOf(stderr).length], [1, 1], `${command}: ${stderr}`);
    }
    const { answer } = await sessions.ask(["doctor", "--adapter", "generic"]);
    ok(JSON.stringify(answer).includes(`${record} is not a session record`), JSON.stringify(answer));
    ok(exists(record), "reading removes nothing");
    // The id is free: whoever runs it takes the file over.
    await sessions.start("g", ["repl"]);
    equal((await sessions.ask(["stop", "--id", "g", "--wait"])).answer["exit_code"], 0);
  });
}
