/**
 * What harnex sees of recorded Codex TUI sessions (0.169.0): raw bytes through the terminal emulator, and screens as
 * text. After a change that is meant: `UPDATE_GOLDEN=1 deno test -A tests/golden/codex_tui_test.ts`, then read the diff.
 */

import * as assert from "../support/assert.ts";
import { codexTui } from "../../src/adapters/codex/tui.ts";
import type { LaunchRequest } from "../../src/adapters/adapter.ts";
import type { ScreenSignal } from "../../src/transports/agent_process.ts";
import type { Screen } from "../../src/transports/terminal/screen.ts";
import { replayCodex, screenOfRows } from "../support/agent_screens.ts";

const ROOT = new URL("./codex/", import.meta.url);
const { behaviour } = codexTui;

async function loadScreen(name: string, more: Partial<Screen> = {}): Promise<Screen> {
  const text = await Deno.readTextFile(new URL(`screens/${name}.txt`, ROOT));
  return screenOfRows(text.split("\n").map((row) => row.trimEnd()), more);
}

for (
  const name of ["simple", "approval", "fail500", "trustdlg", "quitbusy", "hooks_untrusted", "sigterm", "ctrlc"]
) {
  Deno.test(`codex TUI recording ${name}: signals are as expected`, async () => {
    const seen = (await replayCodex(name)).map(({ signal }) => signal);
    const file = new URL(`tui/${name}.json`, ROOT);
    if (Deno.env.get("UPDATE_GOLDEN") === "1") await Deno.writeTextFile(file, JSON.stringify(seen, null, 2) + "\n");
    assert.deepEqual(seen, JSON.parse(await Deno.readTextFile(file)));
  });
}

Deno.test("codex TUI screens are read without a report", async () => {
  const names = ["login", "trust", "model_migration", "approve_command", "approve_patch", "idle", "shell_running"];
  const more = ["interrupted", "retrying", "failed", "big_paste", "draft", "no_question"];
  const seen: Record<string, ScreenSignal> = {};
  for (const name of [...names, ...more]) seen[name] = behaviour.fromScreen(await loadScreen(name));
  const file = new URL("screens/expected.json", ROOT);
  if (Deno.env.get("UPDATE_GOLDEN") === "1") await Deno.writeTextFile(file, JSON.stringify(seen, null, 2) + "\n");
  assert.deepEqual(seen, JSON.parse(await Deno.readTextFile(file)));
});

Deno.test("codexTui.fromScreen() believes the report where the rows look idle", async () => {
  const streaming = await loadScreen("streaming", { agentReport: "state=working:app=codex" });
  assert.deepEqual(behaviour.fromScreen(streaming), { kind: "working", label: "session" });
  const idle = await loadScreen("shell_running", { agentReport: "state=idle:app=codex" });
  assert.deepEqual(behaviour.fromScreen(idle), { kind: "ready", label: "prompt" });
});

Deno.test("codexTui.fromScreen() believes the title where there is no report", async () => {
  const idle = (title: string) => loadScreen("idle", { title });
  assert.equal(behaviour.fromScreen(await idle("⠙ project")).kind, "working");
  assert.equal(behaviour.fromScreen(await idle("[ ! ] Action Required | project")).kind, "blocked");
  assert.equal(behaviour.fromScreen(await idle("")).kind, "unclear");
});

Deno.test("codexTui.fromScreen() believes no status row that stands in the conversation", async () => {
  const { text, ...idle } = await loadScreen("idle");
  const rows = text.with(1, "• Working (1s • esc to interrupt)");
  assert.equal(behaviour.fromScreen({ ...idle, text: rows, solid: rows }).kind, "ready");
});

Deno.test("codexTui.draft() gives what was typed", async () => {
  assert.equal(behaviour.draft(await loadScreen("draft")), "SAY typed during busy");
  assert.equal(behaviour.draft(await loadScreen("big_paste")), "[Pasted Content 3012 chars]");
  assert.equal(behaviour.draft(await loadScreen("trust")), undefined);
});

Deno.test("codexTui.keysToAnswer() moves the mark to the choice and presses Enter", async () => {
  const screen = await loadScreen("approve_command");
  const keys = (answer: Parameters<NonNullable<typeof behaviour.keysToAnswer>>[1]) =>
    behaviour.keysToAnswer?.(screen, answer)?.flatMap((stroke) => stroke.kind === "key" ? [stroke.key] : []);
  assert.deepEqual(keys({ kind: "approve" }), ["enter"]);
  assert.deepEqual(keys({ kind: "deny" }), ["down", "down", "enter"]);
  assert.deepEqual(keys({ kind: "choice", label: "Maybe" }), undefined);
});

Deno.test("codexTui.keysFor() keeps a leading slash or bang from being a command", async () => {
  const screen = await loadScreen("idle");
  assert.deepEqual(behaviour.keysFor("/quit", screen), [{ kind: "paste", text: " /quit" }]);
  assert.deepEqual(behaviour.keysFor("!ls", screen), [{ kind: "paste", text: " !ls" }]);
  assert.deepEqual(behaviour.keysFor("two\nlines", screen), [{ kind: "paste", text: "two\nlines" }]);
});

Deno.test("codexTui.keysToStop() never presses Enter over a dialog", async () => {
  for (const name of ["trust", "approve_command", "model_migration", "login"]) {
    const keys = behaviour.keysToStop(await loadScreen(name));
    assert.equal(keys.some((stroke) => stroke.kind === "key" && stroke.key === "enter"), false, name);
  }
});

Deno.test("codexTui.keysToStop() presses Enter only in its composer", () => {
  const keys = behaviour.keysToStop(screenOfRows(["  Would you like to run the following command?", ""]));
  assert.deepEqual(keys.flatMap((stroke) => stroke.kind === "key" ? [stroke.key] : []), ["ctrl-c", "ctrl-c"]);
});

Deno.test("codexTui.usageFrom() reads the words that Codex leaves with", async () => {
  const tail = await Deno.readTextFile(new URL("tui/simple.raw", ROOT));
  assert.deepEqual(codexTui.usageFrom?.(tail), {
    usage: { inputTokens: 9580, outputTokens: 14, reasoningTokens: 4, cachedTokens: 20, totalTokens: 9594 },
    agentSessionId: "01a20479-65c0-7901-ae25-26fd43f02876",
  });
  assert.deepEqual(codexTui.usageFrom?.("nothing of that"), {});
});

Deno.test("codexTui.plan() starts a TUI that keeps to itself", () => {
  const request: LaunchRequest = {
    args: ["--search"],
    cwd: "/project",
    context: "do it",
    model: "m",
    effort: "high",
    approvals: "auto",
    trust: true,
    env: {},
    isRoot: false,
  };
  const quiet = ["--no-alt-screen", "--no-daemon", "--disable", "plugins"];
  const settings = ["-c", "analytics.enabled=false", "-c", "check_for_update_on_startup=false"];
  assert.deepEqual(codexTui.plan(request), {
    argv: [
      "codex",
      "--dangerously-bypass-approvals-and-sandbox",
      ...quiet,
      ...settings,
      "-c",
      'projects={"/project"={trust_level="trusted"}}',
      "-m",
      "m",
      "-c",
      'model_reasoning_effort="high"',
      "--search",
      "--",
      "do it",
    ],
    contextInArgv: true,
  });
});

Deno.test("codexTui.plan() leaves sandbox and approvals to the caller who sets them", () => {
  const words = (approvals: LaunchRequest["approvals"], ...args: string[]) =>
    codexTui.plan({ args, cwd: "/", approvals, trust: false, env: {}, isRoot: false }).argv.slice(1, 5);
  assert.deepEqual(words("ask"), ["-c", "sandbox_mode=workspace-write", "-c", "approval_policy=on-request"]);
  assert.deepEqual(words("deny"), ["-c", "sandbox_mode=workspace-write", "-c", "approval_policy=never"]);
  for (const args of [["-s", "read-only"], ["--yolo"], ["-c", "sandbox_mode=read-only"], ["-anever"]]) {
    assert.equal(words("auto", ...args)[0], "--no-alt-screen", args.join(" "));
  }
});
