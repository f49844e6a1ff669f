/**
 * What agents print: floods, halves of characters, colours; and how `logs` shows it, live and afterwards.
 */

import { deepEqual, equal, ok } from "../support/assert.ts";
import { harnexProgram } from "../support/cli.ts";
import { sessionTest as test } from "../support/own_sessions.ts";
import { parseJson } from "../support/sessions.ts";
import { within } from "../support/within.ts";

/** 20 MB: more than any buffer on the way. */
const FLOOD_LINES = 200_000;
/** A hundred characters, and the two that end a line in a terminal. */
const LINE_BYTES = 102;

test("run keeps every byte of a flood, and the session answers meanwhile", async (sessions) => {
  const session = await sessions.start("f", ["flood", String(FLOOD_LINES)]);
  let asked = 0;
  for (let size = 0; size < FLOOD_LINES * LINE_BYTES; asked++) {
    const status = await within(5_000, sessions.call(session, "/status"), "an answer during the flood");
    equal((await status.json()).ok, true);
    size = Deno.statSync(sessions.files("f").output).size;
  }
  ok(asked > 1, "it was asked during the flood");
  equal((await sessions.ask(["wait", "--id", "f", "--until", "prompt", "--timeout", "60"])).code, 0);
  const text = sessions.transcript("f");
  const expected = `${"0".repeat(99)}7\r\n`.repeat(FLOOD_LINES) + "flooded\r\n> ";
  ok(text === expected, `${text.length} characters instead of ${expected.length}, or others`);
  equal((await sessions.ask(["stop", "--id", "f", "--wait", "--kill-after", "0.3"])).code, 0);
});

test("run keeps bytes that are no text as they are", async (sessions) => {
  equal((await sessions.run(["run", "--id", "p", "painter"])).code, 0);
  const bytes = Deno.readFileSync(sessions.files("p").output);
  const expected = "begin<a\nb\x1b[1;31mred\x1b[0m\x1b]0;title\x07\xe2\x82\xff\x00\x01\x7f\x80\r\n>end\r\n";
  deepEqual([...bytes], [...expected].map((character) => character.charCodeAt(0)));
});

test("logs shows the last lines, of a session that runs and of one that has ended", async (sessions) => {
  await sessions.startReady("l", ["repl"]);
  for (const word of ["one", "two"]) {
    equal((await sessions.ask(["send", "--id", "l", "--wait-for-idle", word])).code, 0);
  }
  const live = await sessions.run(["logs", "--id", "l", "--lines", "2"]);
  equal(live.stdout, "did: two\r\n> ");
  equal((await sessions.ask(["stop", "--id", "l", "--wait"])).code, 0);
  equal((await sessions.run(["logs", "--id", "L", "--lines", "1"])).stdout, "> /exit\r\n");
  equal((await sessions.run(["logs", "--id", "l"])).stdout, sessions.transcript("l"));
});

test("logs --plain shows what a person would have read", async (sessions) => {
  const script = "printf '\\033[31mred\\033[0m\\r\\nprogress 1%%\\rprogress 2%%\\r\\n\\033]0;title\\007end\\r\\n'";
  equal((await sessions.run(["run", "--id", "l", "sh", "--", "-c", script])).code, 0);
  const { code, stdout } = await sessions.run(["logs", "--id", "l", "--plain"]);
  deepEqual([code, stdout], [0, "red\nprogress 2%\nend\n"]);
});

test("logs --follow ends with the session, with its last byte", async (sessions) => {
  await sessions.startReady("l", ["repl"]);
  await using follower = sessions.spawn(["logs", "--id", "l", "--follow"]);
  await follower.out.until(/> /);
  equal((await sessions.ask(["send", "--id", "l", "--wait-for-idle", "hello"])).code, 0);
  await follower.out.until(/did: hello/);
  equal((await sessions.ask(["stop", "--id", "l", "--wait"])).code, 0);
  equal((await within(20_000, follower.status)).code, 0);
  await Promise.all([follower.out.ended, follower.err.ended]);
  equal(follower.out.text, sessions.transcript("l"));
});

test("pane --follow prints the screen when it has changed, and only then", async (sessions) => {
  await sessions.startReady("l", ["repl"]);
  await using follower = sessions.spawn(["pane", "--id", "l", "--json", "--follow", "--interval", "0.02"]);
  await follower.out.until(/"ok"/);
  equal((await sessions.ask(["send", "--id", "l", "--wait-for-idle", "work 0.5"])).code, 0);
  await follower.out.until(/worked: 0.5/);
  equal((await sessions.ask(["stop", "--id", "l", "--wait"])).code, 0);
  equal((await within(20_000, follower.status)).code, 0);
  await Promise.all([follower.out.ended, follower.err.ended]);
  const texts = follower.out.text.trimEnd().split("\n").map((line) => parseJson(line)["text"]);
  deepEqual(texts.filter((text, index) => text === texts[index - 1]), []);
});

test("pane --follow ends well with its session, at whatever moment it reads", async (sessions) => {
  await sessions.startReady("l", ["repl"]);
  const followers = Array.from(
    { length: 8 },
    () => sessions.spawn(["pane", "--id", "l", "--follow", "--interval", "0.001"]),
  );
  for (const { out } of followers) await out.until(/\S/);
  equal((await sessions.ask(["stop", "--id", "l", "--wait"])).code, 0);
  const ends = followers.map(async ({ status, err }) => [(await status).code, (await err.ended, err.text)]);
  deepEqual(await within(20_000, Promise.all(ends)), followers.map(() => [0, ""]));
  for (const follower of followers) await follower[Symbol.asyncDispose]();
});

test("who asks a session that does not answer is told so in one line, and what to type next", async (sessions) => {
  const session = await sessions.startReady("l", ["repl"]);
  const unused = { ...session.json, port: 1 };
  Deno.writeTextFileSync(sessions.files("l").record, JSON.stringify(unused));
  for (const words of [["explain"], ["pane"], ["answer", "--approve"], ["attach", "--read-only"]]) {
    const { code, stderr } = await sessions.run([...words, "--id", "l"]);
    const why = "no answer from http://127.0.0.1:1: Connection refused; see: harnex status --all";
    deepEqual([code, stderr], [1, `harnex ${words[0]}: ${why}\n`]);
  }
});

test("logs and events append to what an earlier run of the id left", async (sessions) => {
  for (const word of ["first", "second"]) equal((await sessions.run(["run", "--id", "a", "echo", word])).code, 0);
  equal(sessions.transcript("a"), "first\r\nsecond\r\n");
  const events = sessions.events("a");
  deepEqual(events.filter(({ type }) => type === "started").map(({ seq }) => seq), [1, 1]);
  deepEqual(events.filter(({ type }) => type === "exited").length, 2);
});

test("status and logs into a closed pipe end quietly", async (sessions) => {
  equal((await sessions.run(["run", "--id", "y", "sh", "--", "-c", "yes | head -n 100000"])).code, 0);
  const into = (args: string) => ({ program: ["sh", "-c", `"$@" ${args}`, "sh"] });
  const words = [...harnexProgram(), "logs", "--id", "y", "--lines", "90000"];
  const { code, stdout, stderr } = await sessions.run(words, into("| head -n 1"));
  deepEqual([code, stdout, stderr.replaceAll(/^fatal: not a git.*\n/gm, "")], [0, "y\r\n", ""]);
});
