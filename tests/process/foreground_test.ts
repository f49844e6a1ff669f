/**
 * `harnex run` in a real terminal behaves as if the agent ran alone in it.
 */

import { harnexProgram } from "../support/cli.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { linuxTest as test } from "../support/own_sessions.ts";
import type { Sessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

const BANNER = /^harnex: session fg on 127\.0\.0\.1:(\d+)\r\n/;

/** `harnex run …` with the id fg in a terminal. */
function openRun(sessions: Sessions, words: readonly string[]) {
  return sessions.open([...harnexProgram(), "run", "--id", "fg", ...words]);
}

test("run in the foreground says where the session is before the agent says anything", async (sessions) => {
  for (let round = 0; round < 5; round++) {
    await using terminal = await openRun(sessions, ["sh", "--", "-c", "echo hello"]);
    equal((await within(20_000, terminal.exit)).code, 0);
    await terminal.output.ended;
    match(terminal.output.text, BANNER);
    match(terminal.output.text, /\r\nhello\r\n/);
  }
});

test("run in the foreground writes the banner to stderr and the agent to stdout", async (sessions) => {
  const { code, stdout, stderr } = await sessions.run(["run", "--id", "fg", "sh", "--", "-c", "echo hello"]);
  deepEqual({ code, stdout }, { code: 0, stdout: "hello\r\n" });
  match(stderr.replaceAll(/^fatal: not a git repository.*\n/gm, ""), BANNER);
});

test("run in the foreground passes every key on untouched", async (sessions) => {
  const typed = [0x00, 0x03, 0x04, 0x0a, 0x0d, 0x11, 0x13, 0x1a, 0x1b, 0x1c, 0x7f, 0x80, 0xc3, 0xff];
  await using terminal = await openRun(sessions, ["keys", String(typed.length)]);
  await terminal.output.until(/ready/);
  await terminal.type(new Uint8Array(typed));
  const shown = typed.map((byte) => ` ${byte.toString(16).padStart(2, "0")}`).join("");
  match((await terminal.output.until(/ready\r\n(.*)\r\nend/))[1] ?? "", new RegExp(`^${shown}$`));
  equal((await within(20_000, terminal.exit)).code, 0);
});

test("run in the foreground passes the agent's output on untouched", async (sessions) => {
  const expected = "begin<a\nb\x1b[1;31mred\x1b[0m\x1b]0;title\x07\xe2\x82\xff\x00\x01\x7f\x80\r\n>end";
  await using terminal = await openRun(sessions, ["painter"]);
  await within(20_000, terminal.exit);
  await terminal.output.ended;
  const shown = String.fromCharCode(...terminal.output.bytes);
  equal(/begin<[^]*>end/.exec(shown)?.[0], expected);
  const kept = String.fromCharCode(...Deno.readFileSync(sessions.files("fg").output));
  equal(kept, `${expected}\r\n`);
});

test("run in the foreground gives the agent the terminal's size, and every new one", async (sessions) => {
  await using terminal = await openRun(sessions, ["sizes"]);
  await terminal.output.until(/size 30 100/);
  await terminal.resize(41, 133);
  await terminal.output.until(/\n41 133/);
  await terminal.resize(12, 57);
  await terminal.output.until(/\n12 57/);
});

test("run in the foreground lets Ctrl-C reach the agent and not harnex", async (sessions) => {
  await using terminal = await openRun(sessions, ["signals"]);
  await terminal.output.until(/ready/);
  await terminal.type("\x03");
  await terminal.output.until(/got INT/);
  await terminal.type("\x1c");
  await terminal.output.until(/got QUIT/);
  equal((await sessions.ask(["send", "--id", "fg", "--force", "--no-wait", "x"])).code, 0);
});

test("run in the foreground ends with the agent's exit code", async (sessions) => {
  await using terminal = await openRun(sessions, ["repl"]);
  await terminal.output.until(/> /);
  await terminal.type("quit 7\r");
  deepEqual(await within(20_000, terminal.exit), { code: 7 });
  equal(sessions.exitRecord("fg")["exit_code"], 7);
});

for (const [signal, number] of [["TERM", 15], ["KILL", 9], ["HUP", 1]] as const) {
  test(`run in the foreground ends with ${128 + number} when ${signal} killed the agent`, async (sessions) => {
    const running = sessions.spawn(["run", "--id", "fg", "sh", "--", "-c", `kill -${signal} $$; sleep 20`]);
    await using _running = running;
    equal((await within(20_000, running.status)).code, 128 + number);
    const { exit_code, signal: recorded } = sessions.exitRecord("fg");
    deepEqual({ exit_code, recorded }, { exit_code: 128 + number, recorded: number });
  });
}

test("run forwards a piped stdin, whose end does not end the session", async (sessions) => {
  await using running = sessions.spawn(["run", "--id", "fg", "repl"]);
  await running.out.until(/> /);
  const writer = running.stdin.getWriter();
  await writer.write(new TextEncoder().encode("one\n"));
  await running.out.until(/did: one/);
  await writer.close();
  const sent = await sessions.ask(["send", "--id", "fg", "two"]);
  equal(sent.answer["status"], "delivered", sent.stderr);
  await running.out.until(/did: two/);
  equal((await sessions.ask(["wait", "--id", "fg", "--until", "prompt"])).code, 0); // a running turn is interrupted
  equal((await sessions.ask(["stop", "--id", "fg", "--wait"])).answer["exit_code"], 0);
  equal((await within(20_000, running.status)).code, 0);
});

test("run passes HUP, INT, QUIT and TERM for the host on to the agent", async (sessions) => {
  await using running = sessions.spawn(["run", "--id", "fg", "signals"]);
  await running.err.until(/harnex: session fg on/);
  await running.out.until(/ready/);
  for (const name of ["HUP", "INT", "QUIT", "TERM"] as const) {
    running.kill(`SIG${name}`);
    await running.out.until(new RegExp(`got ${name}`));
  }
});

test("an agent heeds signals that harnex was started with ignored", async (sessions) => {
  // A script's `harnex run … &` has INT and QUIT ignored; nohup ignores HUP.
  const program = ["sh", "-c", 'trap "" HUP INT QUIT TERM; exec "$@"', "sh", ...harnexProgram()];
  for (const [name, number] of [["HUP", 1], ["INT", 2], ["QUIT", 3], ["TERM", 15]] as const) {
    const agent = ["sh", "--", "-c", `kill -${name} $$; echo ${name} was ignored`];
    equal((await sessions.run(["run", "--id", "fg", ...agent], { program })).code, 128 + number);
    equal((await sessions.run(["run", "--id", "bg", "--detach", ...agent], { program })).code, 0);
    equal((await sessions.ask(["wait", "--id", "bg"])).code, 128 + number);
  }
});

/** Runs harnex under a shell that shows the terminal's settings before and after it. */
function openBetweenSettings(sessions: Sessions, agent: string) {
  const script = 'tty; stty sane; echo "before $(stty -g)"; "$@"; echo "code $?"; stty -g >/dev/null; cat';
  return sessions.open(["sh", "-c", script, "sh", ...harnexProgram(), "run", "--id", "fg", agent]);
}

async function settingsOf(device: string): Promise<string> {
  const { stdout } = await new Deno.Command("stty", { args: ["-F", device, "-g"] }).output();
  return new TextDecoder().decode(stdout).trim();
}

for (
  const { how, agent, end, code } of [
    { how: "the agent's exit", agent: "repl", end: undefined, code: /code 7/ },
    { how: "TERM to the host", agent: "repl", end: "SIGTERM", code: /code 143/ },
    { how: "the host's death", agent: "repl", end: "SIGKILL", code: /code 137/ },
    {
      how: "the host's death beside an agent that ignores signals",
      agent: "stubborn",
      end: "SIGKILL",
      code: /code 137/,
    },
  ] as const
) {
  test(`run leaves the terminal as it was after ${how}`, async (sessions) => {
    await using terminal = await openBetweenSettings(sessions, agent);
    const [, device = ""] = await terminal.output.until(/(\/dev\/\S+)/);
    const [, before] = await terminal.output.until(/before (\S+)/);
    await terminal.output.until(/> /);
    ok(await settingsOf(device) !== before, "raw while the agent runs");
    await terminal.output.until(/harnex: session fg on/);
    if (end === undefined) await terminal.type("quit 7\r");
    else Deno.kill(sessions.record("fg").hostPid, end);
    await terminal.output.until(code);
    await until(3_000, async () => await settingsOf(device) === before ? true : undefined, `the settings ${before}`);
    await terminal.type("typed\r");
    await terminal.output.until(/typed\r\ntyped/); // echo, and a line that cat got
  });
}
