/**
 * Claude Code at its boot dialogs: recognised as blocked on the right thing, never taken for a prompt, and never
 * typed into.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { type ClaudeStage, setStage } from "../support/claude_session.ts";

/** What `status --json` says of the only session. */
async function stateOf(stage: ClaudeStage): Promise<{ agent: unknown; input: unknown; inbox: unknown }> {
  const rows: unknown = JSON.parse((await stage.run("status", "--json")).stdout);
  const [row] = Array.isArray(rows) ? rows : [];
  return { agent: row?.agent_state, input: row?.input_state, inbox: row?.inbox };
}

async function blockedOn(stage: ClaudeStage, id: string, detail: RegExp) {
  const { on, choices } = await stage.event(
    id,
    (event) => event.type === "blocked" && detail.test(`${event["detail"]}`),
  );
  return { on, choices };
}

async function neverReady(stage: ClaudeStage, id: string): Promise<void> {
  const states = (await stage.events(id)).filter(({ type }) => type === "state").map((event) => event["to"]);
  ok(!states.includes("prompt"), `it was taken for a prompt: ${states.join(", ")}`);
  deepEqual(stage.mock.requests, []);
}

Deno.test("claude's trust dialog blocks; a message waits for the prompt behind it; --submit-only accepts it", async () => {
  await using stage = await setStage({ pending: ["trust"] });
  await stage.start("--detach", "t1");
  deepEqual(await blockedOn(stage, "t1", /Accessing workspace/), {
    on: "trust",
    choices: ["Yes, I trust this folder", "No, exit"],
  });
  const before = await stage.run("pane", "--id", "t1");
  match(before.stdout, /❯ 1\. Yes, I trust this folder/);

  const sent = await stage.answer(0, "send", "--id", "t1", "--message", "SAY after the dialog", "--no-wait");
  equal(sent["status"], "queued");
  deepEqual(await stateOf(stage), {
    agent: "blocked",
    input: { state: "workspace-trust-prompt", input_ready: false },
    inbox: { pending: 1, delivered_total: 0, expired_total: 0 },
  });
  equal((await stage.run("pane", "--id", "t1")).stdout, before.stdout);
  await neverReady(stage, "t1");

  await stage.answer(0, "send", "--id", "t1", "--submit-only");
  const done = await stage.event("t1", ({ type }) => type === "task_complete");
  equal(done["message_id"], sent["message_id"]);
  deepEqual(stage.mock.requests.map(({ text }) => text), ["SAY after the dialog"]);
  const turns = (await stage.events("t1")).filter(({ type }) => type === "turn_started");
  deepEqual(turns.map((event) => event["message_id"]), [sent["message_id"]]);
});

Deno.test("claude's API-key dialog blocks on login, and so does the prompt of one who said no", async () => {
  await using stage = await setStage({ pending: ["api-key"] });
  await stage.start("--detach", "k1");
  deepEqual(await blockedOn(stage, "k1", /custom API key/), { on: "login", choices: ["Yes", "No (recommended)"] });
  deepEqual((await stateOf(stage)).input, { state: "api-key-prompt", input_ready: false });
  // Enter takes the marked entry, which is "No".
  await stage.answer(0, "send", "--id", "k1", "--submit-only");
  deepEqual(await blockedOn(stage, "k1", /Not logged in/), { on: "login", choices: undefined });
  deepEqual((await stateOf(stage)).input, { state: "login", input_ready: false });
  await neverReady(stage, "k1");
});

Deno.test("claude's warning about its bypass mode blocks on trust; declined, it exits", async () => {
  await using stage = await setStage({ pending: ["bypass"] });
  await stage.start("--detach", "b1");
  deepEqual(await blockedOn(stage, "b1", /Bypass Permissions mode/), {
    on: "trust",
    choices: ["No, exit", "Yes, I accept"],
  });
  deepEqual((await stateOf(stage)).input, { state: "bypass-warning", input_ready: false });
  await stage.run("send", "--id", "b1", "--submit-only");
  const ended = await stage.answer(1, "wait", "--id", "b1", "--timeout", "60");
  equal(ended["reason"], "failure");
  await neverReady(stage, "b1");
});

Deno.test("claude is answered by label: --trust says yes to trust and bypass mode, answer to the key", async () => {
  await using stage = await setStage({ pending: ["trust", "api-key", "bypass"] });
  await stage.start("--detach", "y1", "--trust");
  await blockedOn(stage, "y1", /custom API key/);
  await neverReady(stage, "y1");
  const answered = await stage.answer(0, "answer", "--id", "y1", "--choice", "Yes");
  equal(answered["ok"], true);
  await stage.answer(0, "send", "--id", "y1", "--message", "SAY in", "--wait-for-idle");
  deepEqual(stage.mock.requests.map(({ text }) => text), ["SAY in"]);
  const events = await stage.events("y1");
  const told = events.filter(({ type }) => type === "answered").map(({ on, by }) => `${on} by ${by}`);
  deepEqual(told, ["trust by --trust", "login by answer", "trust by --trust"]);
});

Deno.test("claude is stopped at a dialog without its being answered", async () => {
  await using stage = await setStage({ pending: ["trust"] });
  const session = await stage.start("--detach", "n1");
  await blockedOn(stage, "n1", /Accessing workspace/);
  const startedAt = Date.now();
  const stopped = await stage.answer(0, "stop", "--id", "n1", "--wait");
  console.log(`stopped at a dialog in ${Date.now() - startedAt} ms`);
  equal(stopped["reason"], "stopped");
  await session.untilGone(2_000);
  const state = Deno.readTextFileSync(`${stage.sandbox.home}/.claude/.claude.json`);
  ok(!/"hasTrustDialogAccepted": ?true/.test(state), "the folder is trusted now");
});

/** Where all goes that is not for the mock: it hangs up, so that these tests talk to nobody, wherever they run. */
function listenAsProxy() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let calls = 0;
  const answering = (async () => {
    for await (const call of listener) {
      calls++;
      call.close();
    }
  })();
  return {
    env: { HTTPS_PROXY: `http://127.0.0.1:${listener.addr.port}`, NO_PROXY: "127.0.0.1" },
    calls: () => calls,
    async [Symbol.asyncDispose]() {
      listener.close();
      await answering;
    },
  };
}

Deno.test("claude's very first start blocks on a choice and on notes, and a message waits for the prompt", async () => {
  await using proxy = listenAsProxy();
  await using stage = await setStage({ pending: ["onboarding"], env: proxy.env });
  await stage.start("--detach", "o1");
  const theme = await blockedOn(stage, "o1", /^Choose the text style/);
  equal(theme.on, "choice");
  ok(Array.isArray(theme.choices) && theme.choices.includes("Light mode"));
  await stage.answer(0, "send", "--id", "o1", "--message", "SAY welcome", "--no-wait");
  await stage.answer(0, "send", "--id", "o1", "--submit-only");
  equal((await blockedOn(stage, "o1", /^Security notes/)).on, "choice");
  await neverReady(stage, "o1");
  await stage.answer(0, "send", "--id", "o1", "--submit-only");
  await stage.event("o1", ({ type }) => type === "task_complete");
  deepEqual(stage.mock.requests.map(({ text }) => text), ["SAY welcome"]);
});

Deno.test("claude without its service blocks on login and exits", async () => {
  await using proxy = listenAsProxy();
  await using stage = await setStage({ pending: ["onboarding", "api-key"], env: proxy.env });
  await stage.start("--detach", "s1");
  deepEqual(await blockedOn(stage, "s1", /^Unable to connect/), { on: "login", choices: undefined });
  const ended = await stage.answer(1, "wait", "--id", "s1", "--timeout", "60");
  equal(ended["reason"], "failure");
  ok(proxy.calls() > 0, "its service was looked for past the proxy");
  await neverReady(stage, "s1");
});
