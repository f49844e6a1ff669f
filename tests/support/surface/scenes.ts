/**
 * The scenes that show the surface: what each command that prints JSON prints, in each of its forms. Every step waits
 * for what the next one needs, so that a scene always comes out the same.
 */

import { join } from "node:path";
import { at, textOf } from "../json.ts";
import { isRunning } from "../processes.ts";
import { ROOT } from "../tree.ts";
import type { Json } from "../sessions.ts";
import { until } from "../until.ts";
import { openapiFacts } from "./openapi_facts.ts";
import type { Stage } from "./stage.ts";

/** Long enough for a loaded machine; nothing here waits for it to be over. */
const PATIENCE_MS = 20_000;
const SOON = ["--timeout", "0.3"];

/** Whether the session itself answered, and not its record for it. */
function answered(status: Json | undefined): boolean {
  return typeof status?.["agent_state"] === "string";
}

/** A line-based agent: sent to, waited for, looked at, stopped. */
export async function plainScene(stage: Stage): Promise<void> {
  const { sessions, print, run } = stage;
  const id = ["--id", "plain"];
  const gate = join(sessions.sandbox.path, "gate");
  const described = ["--description", "a worker", "--meta", '{"issue":"23"}', "--summary-out", "summary.jsonl"];
  await print("run --detach", ["run", "--detach", "--timeout", "20", ...id, ...described, "repl"]);
  await print("wait --until prompt", ["wait", ...id, "--until", "prompt"]);
  await print("send", ["send", ...id, "hello"]);
  await print("send --wait-for-idle", ["send", ...id, "--wait-for-idle", "hello again"]);
  await print("status --json", ["status", ...id, "--json"], answered);
  await print("pane --json", ["pane", ...id, "--json", "--lines", "5"]);
  await print("explain --json", ["explain", ...id, "--json"]);
  await print("history --json, running", ["history", ...id, "--json"]);
  await print("wait --until task_complete", ["wait", ...id, "--until", "task_complete"]);
  await print("wait --until done", ["wait", ...id, "--until", "done"]);
  await print("wait, timed out", ["wait", ...id, ...SOON]);
  const atPrompt = (answer: Json | undefined) => answer?.["state"] === "prompt";
  await print("wait --until blocked, timed out", ["wait", ...id, "--until", "blocked", ...SOON], atPrompt);
  await print("answer, nothing asked", ["answer", ...id, "--approve"]);

  await run("send", ...id, `hold ${gate}`);
  const [queued] = await print("send --no-wait, busy", ["send", ...id, "--no-wait", "--key", "k", "later"]);
  await print("send --key, again", ["send", ...id, "--no-wait", "--key", "k", "later"]);
  await print("send, timed out", ["send", ...id, ...SOON, "too late"]);
  await apiScene(stage, textOf(queued?.["message_id"]));
  Deno.writeTextFileSync(gate, "");
  await run("wait", ...id, "--until", "prompt");
  await print("stop", ["stop", ...id]);
  await print("wait", ["wait", ...id]);
  await print("wait --until prompt, ended", ["wait", ...id, "--until", "prompt"]);
  await print("status --json, ended", ["status", ...id, "--json"]);
  await print("history --json, ended", ["history", ...id, "--json"]);
  await print("send, ended", ["send", ...id, ...SOON, "nobody is there"]);
}

/** What the API answers while the agent is busy. */
async function apiScene({ sessions, call, facts, print }: Stage, messageId: string): Promise<void> {
  const session = sessions.record("plain");
  facts.shape("files", "sessions/<key>--<slug>.json", session.json);
  facts.add("openapi", ...openapiFacts(await (await sessions.call(session, "/openapi.json")).json()));
  for (const route of ["GET /status", "GET /health", "GET /screen", "GET /explain", "GET /inbox"]) {
    await call(session, route);
  }
  await call(session, "GET /messages/{id}", { path: `/messages/${messageId}` });
  await call(session, "GET /messages/{id}", { path: "/messages/none" });
  await call(session, "POST /send", { body: { submit: true, text: "later still" } });
  await call(session, "POST /send", { body: {} });
  await call(session, "POST /answer", { body: { decision: "approve" } });
  for (
    const report of [{ type: "log_idle", idle_s: 60 }, { type: "resume", attempt: 1, max: 2 }, { type: "log_active" }]
  ) {
    await call(session, "POST /watch", { body: report });
  }
  await call(session, "DELETE /inbox/{id}", { path: "/inbox/none" });
  const dropped = print("send, dropped", ["send", "--id", "plain", "drop me"]);
  const waiting = await until(PATIENCE_MS, async () => {
    const { messages } = await (await sessions.call(session, "/inbox")).json();
    return messages.find((message: unknown) => at(message, "text_preview") === "drop me");
  }, "the message in the inbox");
  await call(session, "DELETE /inbox/{id}", { path: `/inbox/${textOf(at(waiting, "id"))}` });
  await dropped;
  await call(session, "DELETE /inbox");
}

/** An agent that speaks a protocol: items, usage, questions, failures. */
export async function codexScene(stage: Stage): Promise<void> {
  const { print, run } = stage;
  const id = ["--id", "codex"];
  await print("run --detach codex", ["run", "codex", "--detach", "--timeout", "20", ...id, "--approvals", "ask"]);
  await run("send", ...id, "--wait-for-idle", "hello");
  await print("status --json, codex", ["status", ...id, "--json"], answered);
  await print("send, refused", ["send", ...id, "--no-submit", "without Enter"]);
  await run("send", ...id, "approve");
  await print("wait --until blocked", ["wait", ...id, "--until", "blocked"]);
  await print("status --json, blocked", ["status", ...id, "--json"], answered);
  await print("explain --json, blocked", ["explain", ...id, "--json"]);
  await print("answer", ["answer", ...id, "--approve"]);
  await run("wait", ...id, "--until", "prompt");
  await print("send --wait-for-idle, failed", ["send", ...id, "--wait-for-idle", "fail"]);
  await print("wait --until task_failed", ["wait", ...id, "--until", "task_failed"]);
  await print("send --wait-for-idle, left", ["send", ...id, "--wait-for-idle", "leave"]);
  await print("wait, disconnected", ["wait", ...id]);
}

/** The policy answers, and the session is stopped in the middle of a turn by a second command. */
export async function stopScene({ print, run }: Stage): Promise<void> {
  const id = ["--id", "second"];
  await run("run", "--detach", "--timeout", "20", ...id, "codex");
  await run("send", ...id, "--wait-for-idle", "approve");
  await print("stop --wait, codex", ["stop", ...id, "--wait"]);
}

/** An agent that leaves and one that is never there; one message that nobody took in time. */
export async function endScene({ sessions, facts, print, run }: Stage): Promise<void> {
  await run("run", "--detach", "--timeout", "20", "--id", "names", "env");
  await print("wait, left by itself", ["wait", "--id", "names"]);
  const names = [...sessions.transcript("names").matchAll(/^(HARNEX_\w+)=/gm)].map(([, name]) => name ?? "");
  facts.add("environment", ...names);

  await run("run", "--detach", "--timeout", "20", "--inbox-ttl", "1", "--id", "brief", "repl");
  await run("wait", "--id", "brief", "--until", "prompt");
  await run("send", "--id", "brief", "work 100");
  await print("send, expired", ["send", "--id", "brief", "late"]);
  await print("stop --all --wait", ["stop", "--all", "--repo", sessions.sandbox.home, "--wait"]);
  await print("stop --wait --kill-after", ["stop", "--id", "brief", "--wait", "--kill-after", "0.1"]);
}

/** A host that dies with a message in its inbox, and what is then said of it. */
export async function lostScene(stage: Stage): Promise<void> {
  const { sessions, print, run } = stage;
  const id = ["--id", "lost"];
  const session = await sessions.startReady("lost", ["repl"]);
  await run("send", ...id, `hold ${join(sessions.sandbox.path, "never")}`);
  await run("send", ...id, "--no-wait", "left behind");
  Deno.kill(session.hostPid, "SIGKILL");
  for (const pid of [session.hostPid, session.pid]) {
    await until(PATIENCE_MS, () => isRunning(pid) ? undefined : true, `the end of process ${pid}`);
  }
  await print("wait, lost", ["wait", ...id]);
  await print("status --json, lost", ["status", ...id, "--json"]);
  await print("history --json, interrupted", ["history", ...id, "--json"]);
  const [report] = await print("doctor --sweep", ["doctor", "--adapter", "codex", "--sweep"]);
  if (at(report, "sweep", "lost", "0", "id") !== "lost") throw new Error("doctor --sweep did not find the session");
  await sessions.startReady("lost", ["repl"]);
  await print("status --json, undelivered", ["status", ...id, "--json"], answered);
  await run("stop", ...id, "--wait");
}

/** Commands that need no session. */
export async function textsScene({ sessions, print, facts }: Stage): Promise<void> {
  const release = join(sessions.sandbox.path, "release", "v1.2.3");
  Deno.mkdirSync(release, { recursive: true });
  Deno.writeTextFileSync(join(release, "SHA256SUMS"), `${"0".repeat(64)}  harnex-x86_64-unknown-linux-gnu\n`);
  const from = ["--from", join(sessions.sandbox.path, "release"), "--version", "1.2.3"];
  await print("init-wrapper", ["init-wrapper", ...from, "--path", join(sessions.sandbox.path, "harnexw")]);
  const isHealthy = (report: Json | undefined) => report?.["ok"] === true;
  await print("doctor, healthy", ["doctor", "--adapter", "codex"], isHealthy);
  await print("doctor, not healthy", ["doctor", "--adapter", "claude"]);
  await print("prune --dry-run", ["prune", "--dry-run"]);
  for (const command of ["guide", "agents-guide", "recipes"]) {
    const listed = await print(`${command} list --json`, [command, "list", "--json"]);
    facts.add("texts", ...listed.map(({ name }) => `${command} ${textOf(name)}`));
  }
  await print("guide TOPIC --json", ["guide", "events", "--json"]);
  const recording = join(ROOT, "tests/golden/claude/trust/120x40.ansi");
  await print("explain --recording --json", ["explain", "--recording", recording, "--agent", "claude", "--json"]);
}

/** Command lines that fail, with their exit status and how their message begins. */
const FAILURES: readonly (readonly string[])[] = [
  ["frobnicate"],
  ["--frobnicate"],
  ["run"],
  ["run", "no-such-program"],
  ["run", "repl", "--auto-stop"],
  ["run", "repl", "--detach", "--watch"],
  ["run", "repl", "--detach", "--cwd", "/nonexistent"],
  ["send", "text"],
  ["send", "--id", "nobody", "--timeout", "x"],
  ["send", "--id", "nobody"],
  ["wait"],
  ["wait", "--id", "nobody"],
  ["wait", "--id", "nobody", "--until", "prompt"],
  ["wait", "--id", "nobody", "--until", "done"],
  ["wait", "--id", "nobody", "--id", "noone", "--all"],
  ["stop", "--id", "nobody"],
  ["answer", "--id", "nobody", "--approve"],
  ["answer", "--id", "nobody"],
  ["attach", "--id", "nobody"],
  ["logs", "--id", "nobody"],
  ["events", "--id", "nobody"],
  ["events", "--id", "nobody", "--from", "yesterday"],
  ["pane", "--id", "nobody"],
  ["explain", "--id", "nobody"],
  ["explain"],
  ["status", "extra"],
  ["history", "--limit", "0"],
  ["guide", "no-such-topic"],
  ["completions", "no-such-shell"],
  ["doctor", "--adapter", "no-such-agent"],
  ["help", "no-such-command"],
];

export async function failureScene({ sessions, facts }: Stage): Promise<void> {
  // No session of theirs may leave anything where the others do.
  const env = { HARNEX_STATE_DIR: `${sessions.sandbox.stateDir}-of-failures` };
  const late = ["run", "repl", "--detach", "--timeout", "0.001"];
  for (const words of [...FAILURES, late]) {
    const { code, stderr } = await until(PATIENCE_MS, async () => {
      const result = await sessions.run(words, { env });
      // On a busy machine the session may be there before the timer is looked at.
      return words === late && result.code === 0 ? undefined : result;
    }, `harnex ${words.join(" ")}`);
    const [prefix = ""] = /^harnex(?: [a-z-]+)?:/.exec(stderr) ?? [];
    const advice = stderr.includes("\nTry: harnex --help\n") ? " + Try: harnex --help" : "";
    facts.add("failures", `harnex ${words.join(" ")} > exit status ${code} > ${prefix}${advice}`);
  }
}
