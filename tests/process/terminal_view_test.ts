/**
 * What a person at a terminal sees of harnex itself: tables that fit, a line for a long wait, guides in a pager, and
 * nothing that hostile text could do to the terminal.
 */

// deno-lint-ignore-file no-control-regex -- what a terminal would obey is what this looks for

import { join } from "node:path";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { harnexProgram } from "../support/cli.ts";
import { drawn } from "../support/drawn.ts";
import { createSessions, exists, type Sessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

/** Title, clipboard, colour, a question that the terminal answers by typing, C1 twins, direction override. */
const EVIL = "\x1b]0;pwned\x07\x1b]52;c;cHduZWQ=\x07\x1b[31m\x1b[6n\x1bP+q544e\x1b\\\x9b31m\u202e";
const ESCAPES = /\x1b(?!\[0?m|\[(?:1|2|31|32|33)m)|[\x07\x80-\x9f\u202a-\u202e]/;

function test(name: string, fn: (sessions: Sessions) => Promise<void>): void {
  Deno.test({
    name,
    ignore: Deno.build.os !== "linux", // the outer terminal is looked at through Linux's stty
    async fn() {
      await using sessions = createSessions();
      await fn(sessions);
    },
  });
}

type Env = Readonly<Record<string, string>>;

/** How many of the hostile commands print what there is, and how many run at a time. */
const LISTINGS = 14;
const LANES = 4;

interface Seen {
  code: number;
  /** as it was printed */
  text: string;
  rows: string[];
}

/** Runs harnex in a terminal of that size to its end. */
async function look(
  sessions: Sessions,
  words: readonly string[],
  options: { columns?: number; env?: Env; cwd?: string } = {},
): Promise<Seen> {
  const { columns = 100, ...rest } = options;
  await using terminal = await sessions.open([...harnexProgram(), ...words], { columns, rows: 40, ...rest });
  const { code } = await within(20_000, terminal.exit, words.join(" "));
  await terminal.output.ended;
  const { text } = terminal.output;
  const screen = await drawn(text, { rows: 40, columns });
  return { code, text, rows: screen.text.map((row) => row.trimEnd()).filter((row) => row !== "") };
}

test("status and history fit terminals of 40, 80 and 200 columns, one row a session", async (sessions) => {
  const description = "mend the 日本語 build 🚀 and then tell everybody about it in a long text";
  await sessions.startReady("cx-impl-1", ["repl", "--description", description]);
  const wide: Readonly<Record<string, RegExp>> = {
    status: /^cx-impl-1 +repl +\d+ +\d+ +\d+s +\d+s +prompt +.*\/project +mend the .* long text$/,
    history: /^cx-impl-1 +repl +\d+s ago +\d+s +running +- +- +- +mend the .* long text$/,
  };
  for (const command of ["status", "history"]) {
    const [narrow, usual, roomy] = await Promise.all(
      [40, 80, 200].map((columns) => look(sessions, [command], { columns, env: { NO_COLOR: "1" } })),
    );
    for (const seen of [narrow, usual, roomy]) deepEqual([seen?.code, seen?.rows.length], [0, 3], seen?.text);
    match(narrow?.rows[2] ?? "", /^cx-impl-1 .*…$/);
    match(usual?.rows[2] ?? "", /^cx-impl-1 +repl .*…$/);
    match(roomy?.rows[2] ?? "", wide[command] ?? /^$/);
  }
});

test("colours and the table of doctor are for terminals, never for NO_COLOR, TERM=dumb or a pipe", async (sessions) => {
  await sessions.startReady("s", ["repl"]);
  match((await look(sessions, ["status"])).text, /\x1b\[32mprompt\x1b\[0m/);
  match(
    (await look(sessions, ["doctor", "--adapter", "generic"])).text,
    /\x1b\[1mCHECK.*\r\n.*-.*\r\n.*\x1b\[32mok\x1b\[0m/,
  );
  const plain: readonly Env[] = [{ NO_COLOR: "1" }, { TERM: "dumb" }];
  for (const env of plain) {
    for (const words of [["status"], ["history"], ["doctor", "--adapter", "generic"], ["no-such-command"]]) {
      equal((await look(sessions, words, { env })).text.includes("\x1b"), false, words.join(" "));
    }
  }
  equal(JSON.parse((await look(sessions, ["doctor", "--adapter", "generic", "--json"])).text).checks.length > 3, true);
  for (const words of [["status"], ["history"], ["doctor", "--adapter", "generic"], ["no-such-command"]]) {
    const { stdout, stderr } = await sessions.run(words);
    equal(`${stdout}${stderr}`.includes("\x1b"), false, words.join(" "));
  }
});

test("wait says on a terminal what it waits for, and Ctrl-C takes that away and ends it with 130", async (sessions) => {
  await sessions.startReady("s", ["repl"]);
  const words = ["wait", "--id", "s", "--until", "task_failed"];
  await using terminal = await sessions.open([...harnexProgram(), ...words]);
  await terminal.output.until(/waiting for s: task_failed, 0s/);
  await terminal.type("\x03");
  equal((await within(20_000, terminal.exit)).code, 130);
  await terminal.output.ended;
  ok(terminal.output.text.endsWith("\r\x1b[K"), JSON.stringify(terminal.output.text));
  // In a pipe there is nothing of it, nor where the terminal cannot take a line back.
  await using piped = sessions.spawn(words);
  await using dumb = await sessions.open([...harnexProgram(), ...words], { env: { TERM: "dumb" } });
  const sent = await look(sessions, ["send", "--id", "s", "--wait-for-idle", "work 1"]);
  match(sent.text, /\r\x1b\[K. waiting for s to finish its turn, \d+s/);
  match(sent.rows.join("\n"), /^\{"ok":true,"id":"s","state":"prompt",.*\}$/);
  equal((await sessions.ask(["stop", "--id", "s", "--wait"])).code, 0);
  deepEqual([(await within(20_000, piped.status)).code, (await within(20_000, dumb.exit)).code], [1, 1]);
  await Promise.all([piped.err.ended, piped.out.ended, dumb.output.ended]);
  deepEqual([piped.err.text.replaceAll(/^fatal: not a git.*\n/gm, ""), dumb.output.text.includes("\x1b")], ["", false]);
});

test("wait as a job in the background leaves the terminal to the shell's prompt", async (sessions) => {
  await sessions.startReady("s", ["repl"]);
  const words = [...harnexProgram(), "wait", "--id", "s", "--until", "task_failed", "--timeout", "1.5"];
  await using terminal = await sessions.open(["sh", "-c", 'set -m; "$@" & wait', "sh", ...words]);
  await within(20_000, terminal.exit);
  await terminal.output.ended;
  match(terminal.output.text, /^[^\x1b]*\{"ok":false,"id":"s","status":"timeout"[^\x1b]*$/);
});

test("guides open in PAGER on a terminal, without a shell, and are plain elsewhere", async (sessions) => {
  const { path, project } = sessions.sandbox;
  const pager = join(path, "a-pager");
  Deno.writeTextFileSync(pager, `#!/bin/sh\nprintf '<%s>' "$LESS" "$@"; exec cat >"${path}/paged"\n`);
  Deno.chmodSync(pager, 0o755);
  const plain = await sessions.run(["guide"]);
  const PAGER = `${pager}  -x $HOME;touch ./pwned`;
  const paged = await look(sessions, ["guide"], { env: { PAGER } });
  deepEqual([paged.code, paged.text], [0, "<FRX><-x><$HOME;touch><./pwned>"]);
  equal(Deno.readTextFileSync(join(path, "paged")), plain.stdout);
  equal(exists(join(project, "pwned")), false);
  const crlf = plain.stdout.replaceAll("\n", "\r\n");
  const without: readonly Env[] = [{ PAGER: "no-such-pager" }, { PAGER: "" }, { PAGER: "cat" }, {
    PAGER,
    TERM: "dumb",
  }];
  for (const env of without) {
    equal((await look(sessions, ["guide"], { env })).text, crlf, JSON.stringify(env));
  }
  for (const words of [["agents-guide", "dispatch"], ["recipes", "buddy"]]) {
    await look(sessions, words, { env: { PAGER } });
    equal(Deno.readTextFileSync(join(path, "paged")), (await sessions.run(words)).stdout);
  }
  equal((await sessions.run(["guide"], { env: { PAGER } })).stdout, plain.stdout);
});

test("a person who leaves the pager early, by q or by Ctrl-C, leaves no error", async (sessions) => {
  const text = join(sessions.sandbox.path, "reads-one-line");
  Deno.writeTextFileSync(text, `#!/bin/sh\ntrap '' INT\nIFS= read -r line\necho "$line"\nread -r key </dev/tty\n`);
  Deno.chmodSync(text, 0o755);
  await using terminal = await sessions.open([...harnexProgram(), "guide"], { env: { PAGER: text } });
  await terminal.output.until(/Getting started\r\n/);
  await terminal.type("\x03");
  await terminal.type("q\n");
  equal((await within(20_000, terminal.exit)).code, 0);
  await terminal.output.ended;
  match(terminal.output.text, /^# Getting started\r\n[\^Cq\r\n]*$/);
});

test("logs on a terminal is text, drawn or as it comes; --raw and a pipe give the bytes", async (sessions) => {
  const file = join(sessions.sandbox.project, "evil");
  Deno.writeTextFileSync(file, `before ${EVIL} after\r\n`);
  const agent = ["sh", "--", "-c", `cat evil; printf '> '; read -r line; cat evil; echo over`];
  await sessions.start("e", agent);
  await until(10_000, () => sessions.transcript("e").includes("after") || undefined, "its first words");
  const drawnLog = await look(sessions, ["logs", "--id", "e"]);
  equal(ESCAPES.test(drawnLog.text), false, JSON.stringify(drawnLog.text));
  // The host answered the question for the cursor's place, as a terminal does, and the agent's terminal echoed that.
  // That echo comes before the prompt or after it.
  match(drawnLog.rows.join("|"), /^before \\u202e after\|(?:\^\[\[\d+;\d+R)?> .*$/);
  await using follower = await sessions.open([...harnexProgram(), "logs", "--id", "e", "--follow"]);
  await follower.output.until(/after/);
  equal((await sessions.ask(["send", "--id", "e", "--force", "--no-wait", "go"])).code, 0);
  equal((await within(20_000, follower.exit)).code, 0);
  await follower.output.ended;
  equal(ESCAPES.test(follower.output.text), false, JSON.stringify(follower.output.text));
  match(follower.output.text, /before .*after\r\n> .*before .*after\r\n.*over\r\n/s);
  ok((await look(sessions, ["logs", "--id", "e", "--raw"])).text.includes("\x1b]52;c;cHduZWQ=\x07"));
  equal((await sessions.run(["logs", "--id", "e"])).stdout, sessions.transcript("e"));
});

test("hostile names, paths and words are spelled out wherever they are shown", async (sessions) => {
  const cwd = join(sessions.sandbox.path, `repo ${EVIL.replaceAll("/", "")}`);
  Deno.mkdirSync(cwd);
  const id = `i ${EVIL}`;
  const words = ["run", "--detach", "--timeout", "30", `--id=${id}`, "--description", `d ${EVIL}`];
  const meta = JSON.stringify({ task_brief: EVIL, predicted: { [EVIL]: EVIL } });
  const started = await sessions.run([
    ...words,
    "--meta",
    meta,
    "sh",
    "--",
    "-c",
    `printf '%s\\r\\n> ' "$0"; cat`,
    EVIL,
  ], { cwd });
  equal(started.code, 0, started.stderr);
  const root = Deno.realPathSync(cwd);
  const { output } = sessions.files(id, root);
  await until(10_000, () => Deno.readTextFileSync(output).includes("> ") || undefined, "its prompt");
  const shown: (readonly string[])[] = [
    ["status"],
    ["status", "--json"],
    ["status", "--all"],
    ["history"],
    ["history", "--all"],
    ["history", "--json"],
    ["explain", `--id=${id}`],
    ["pane", `--id=${id}`],
    ["pane", `--id=${id}`, "--ansi"],
    ["logs", `--id=${id}`],
    ["logs", `--id=${id}`, "--plain"],
    ["events", `--id=${id}`, "--snapshot"],
    ["doctor"],
    ["wait", `--id=${id}`, "--until", EVIL, "--timeout", "0.7"],
    ["wait", `--id=x${id}`],
    ["stop", `--id=x${id}`],
    ["watch", `--id=x${id}`],
    ["send", `--id=${id}`, EVIL, "--timeout", "20", "--verbose"],
    ["run", EVIL],
    [EVIL],
    ["status", `--${EVIL}`],
    ["status", EVIL],
    ["run", `--id=${id}`, "true"],
    ["explain", "--recording", EVIL, "--agent", "generic"],
    ["agents-guide", EVIL],
    ["help", EVIL],
  ];
  const checks = shown.map((words, index) => async () => {
    const name = words.map((word) => word.replaceAll(EVIL, "EVIL")).join(" ");
    const { text } = await look(sessions, words, { cwd, columns: 200 });
    // The line for a wait is harnex's own.
    equal(ESCAPES.test(text.replaceAll("\r\x1b[K", "")), false, `${name}: ${JSON.stringify(text)}`);
    if (index >= LISTINGS || name === "logs --id=i EVIL") return; // its bytes are what scripts expect
    const piped = await sessions.run(words, { cwd });
    const colours = words.includes("--ansi") ? /\x1b\[[0-9;]*m/g : /$^/g;
    equal(ESCAPES.test((piped.stdout + piped.stderr).replaceAll(colours, "")), false, `${name} in a pipe`);
    if (words.includes("--json") || words[0] === "events") {
      for (const line of piped.stdout.trimEnd().split("\n")) JSON.parse(line);
    }
  });
  await Promise.all(Array.from({ length: LANES }, async () => {
    for (let next = checks.shift(); next !== undefined; next = checks.shift()) await next();
  }));
  const [status] = JSON.parse((await sessions.run(["status", "--json"], { cwd })).stdout);
  deepEqual([status.id, status.description, status.repo_root], [id, `d ${EVIL}`, root], "nothing is lost in JSON");
  // In the foreground the line of harnex's own names the id, too.
  const fg = await look(sessions, ["run", `--id=fg ${EVIL}`, "true"]);
  equal(ESCAPES.test(fg.text), false, JSON.stringify(fg.text));
});
