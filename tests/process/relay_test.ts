/**
 * Messages from one session to another say who sent them; agents know who and where they are.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { sessionTest as test } from "../support/own_sessions.ts";
import type { LiveRecord, Sessions } from "../support/sessions.ts";

/** What a program started by that session's agent has in its environment. */
function insideOf({ json }: LiveRecord): Record<string, string> {
  return {
    HARNEX_SESSION_ID: String(json["session_id"]),
    HARNEX_SESSION_CLI: String(json["cli"]),
    HARNEX_ID: String(json["id"]),
    HARNEX_SESSION_REPO_ROOT: String(json["repo_root"]),
  };
}

test("send from inside another session puts a line before the text that names the sender", async (sessions) => {
  const env = insideOf(await sessions.start("boss", ["repl"]));
  await sessions.startReady("m", ["repl"]);
  equal((await sessions.ask(["send", "--id", "m", "--wait-for-idle", "the text"], { env })).code, 0);
  match(sessions.transcript("m"), /did: \[harnex relay from=repl id=boss at=\d{4}-\d\d-\d\dT[\d:.]+Z\]\r\n/);
  match(sessions.transcript("m"), /did: the text\r\n/);
});

test("send adds no such line with --no-relay, to itself, twice, or from outside", async (sessions) => {
  const boss = await sessions.startReady("boss", ["repl"]);
  await sessions.startReady("m", ["repl"]);
  const env = insideOf(boss);
  const send = async (id: string, words: string[], inside = env) =>
    equal((await sessions.ask(["send", "--id", id, "--wait-for-idle", ...words], { env: inside })).code, 0);
  await send("m", ["--no-relay", "plain"]);
  await send("BOSS", ["to myself"]);
  await send("m", ["--message", "[harnex relay from=codex id=other at=2026-01-01T00:00:00Z] handed on"]);
  await send("m", ["--message", "  [harnex relay from=a id=b at=2026-01-01T00:00:00Z] set in"]);
  await send("m", ["from outside"], {});
  deepEqual([...sessions.transcript("m").matchAll(/did: (.*)\r\n/g)].map(([, text]) => text), [
    "plain",
    "[harnex relay from=codex id=other at=2026-01-01T00:00:00Z] handed on",
    "  [harnex relay from=a id=b at=2026-01-01T00:00:00Z] set in",
    "from outside",
  ]);
  match(sessions.transcript("boss"), /did: to myself/);
  await send("m", ["--relay", "forced"], { ...env, HARNEX_ID: "m" });
  match(sessions.transcript("m"), /did: \[harnex relay from=repl id=m /);
});

test("a variable that is set to nothing counts as not set", async (sessions) => {
  const nothing = { HARNEX_ID: "", HARNEX_SESSION_ID: " ", HARNEX_SESSION_CLI: "", HARNEX_SESSION_REPO_ROOT: "" };
  const { seen } = await environmentOf(sessions, [], { ...nothing, TMUX_PANE: "" });
  equal(seen["HARNEX_SPAWNER_PANE"], "unset");
  const [begun] = JSON.parse((await sessions.run(["history", "--json"])).stdout);
  equal(begun.meta.parent_dispatch_id, null);
  await sessions.startReady("m", ["repl"]);
  equal((await sessions.ask(["send", "--id", "m", "--wait-for-idle", "the text"], { env: nothing })).code, 0);
  match(sessions.transcript("m"), /did: the text\r\n/);
  ok(!sessions.transcript("m").includes("relay"));
});

const NAMES = [
  "HARNEX_ID",
  "HARNEX_SESSION_ID",
  "HARNEX_SESSION_CLI",
  "HARNEX_SESSION_REPO_ROOT",
  "HARNEX_DESCRIPTION",
  "HARNEX_SPAWNER_PANE",
  "TERM",
  "PLAIN",
  "TMUX_PANE",
];

/** The agent's own view of its environment. */
async function environmentOf(sessions: Sessions, words: readonly string[], env: Record<string, string>) {
  const script = NAMES.map((name) => `printf '${name}=%s.\\n' "\${${name}-unset}"`).join("; ");
  const session = await sessions.start("e", [...words, "sh", "--", "-c", `${script}; read -r _`], { env });
  equal((await sessions.ask(["stop", "--id", "e", "--wait"])).code, 0);
  const text = sessions.transcript("e");
  const seen = Object.fromEntries(NAMES.map((name) => [name, new RegExp(`^${name}=(.*)\\.\r$`, "m").exec(text)?.[1]]));
  return { seen, session };
}

test("run gives the agent the environment that it promises", async (sessions) => {
  const env = { PLAIN: "kept $HOME 'x'", TMUX_PANE: "%17" };
  const { seen, session } = await environmentOf(sessions, ["--description", "a note; $(it)"], env);
  deepEqual(seen, {
    HARNEX_ID: "e",
    HARNEX_SESSION_ID: session.sessionId,
    HARNEX_SESSION_CLI: "sh",
    HARNEX_SESSION_REPO_ROOT: sessions.sandbox.project,
    HARNEX_DESCRIPTION: "a note; $(it)",
    HARNEX_SPAWNER_PANE: "%17",
    TERM: "xterm-256color",
    PLAIN: "kept $HOME 'x'",
    TMUX_PANE: "unset",
  });
});

test("run inside a session does not hand that session's description and pane on", async (sessions) => {
  const env = { HARNEX_DESCRIPTION: "the caller's", HARNEX_SPAWNER_PANE: "%9", HARNEX_ID: "caller" };
  const { seen } = await environmentOf(sessions, [], env);
  deepEqual([seen["HARNEX_DESCRIPTION"], seen["HARNEX_SPAWNER_PANE"], seen["HARNEX_ID"]], ["unset", "unset", "e"]);
});

test("run --cwd and --root choose where the agent works and which repository keys it", async (sessions) => {
  const { home } = sessions.sandbox;
  const words = ["--cwd", home, "--root", sessions.sandbox.project, "sh", "--", "-c", "pwd; read -r _"];
  const session = await sessions.start("w", words);
  deepEqual([session.json["cwd"], session.json["repo_root"]], [home, sessions.sandbox.project]);
  equal((await sessions.ask(["stop", "--id", "w", "--wait"])).code, 0);
  ok(sessions.transcript("w").startsWith(`${home}\r\n`));
});

test("run gives a headless agent a terminal of a useful size", async (sessions) => {
  const session = await sessions.startReady("m", ["repl"]);
  equal((await sessions.ask(["send", "--id", "m", "--wait-for-idle", "size"])).code, 0);
  match(sessions.transcript("m"), /40 120/);
  const { rows, columns } = await (await sessions.call(session, "/screen")).json();
  deepEqual([rows, columns], [40, 120]);
});
