import type { LaunchRequest } from "../../src/adapters/adapter.ts";
import { claude } from "../../src/adapters/claude/claude.ts";
import { HarnexError } from "../../src/model/errors.ts";
import * as assert from "../support/assert.ts";
import { drawn } from "../support/drawn.ts";

const REQUEST: LaunchRequest = { args: [], cwd: "/", approvals: "auto", trust: false, env: {}, isRoot: false };
const FLAG = "--dangerously-skip-permissions";
const argv = (more: Partial<LaunchRequest>) => claude.plan({ ...REQUEST, ...more }).argv.join(" ");

Deno.test("claude.plan() orders the permission mode once, by the flags of its own or by the user's", () => {
  assert.equal(argv({}), `claude ${FLAG}`);
  assert.equal(argv({ args: ["--verbose", FLAG] }), `claude --verbose ${FLAG}`);
  assert.equal(argv({ args: ["--permission-mode", "plan"] }), "claude --permission-mode plan");
  assert.equal(argv({ args: ["--permission-mode=auto"] }), "claude --permission-mode=auto");
  const settings = '{"permissions":{"defaultMode":"acceptEdits"}}';
  assert.equal(argv({ args: ["--settings", settings] }), `claude --settings ${settings}`);
  for (const approvals of ["ask", "deny"] as const) {
    assert.equal(argv({ approvals }), "claude --permission-mode default");
    assert.equal(argv({ approvals, args: ["-c"] }), "claude --permission-mode default -c");
    for (const mode of ["default", "manual", "plan"]) {
      const args = ["--permission-mode", mode];
      assert.equal(argv({ approvals, args }), `claude --permission-mode ${mode}`);
    }
  }
  assert.equal(argv({ approvals: "deny", args: ["--permission-mode=dontAsk"] }), "claude --permission-mode=dontAsk");
  const afterOptions = ["--", FLAG];
  assert.equal(argv({ approvals: "ask", args: afterOptions }), `claude --permission-mode default -- ${FLAG}`);
});

Deno.test("claude.plan() refuses words of the user's that break the promise of ask and deny, and says what to do", () => {
  const breaking: [words: string, args: string[]][] = [
    [FLAG, [FLAG]],
    [`${FLAG}=true`, [`${FLAG}=true`]],
    ["--allow-dangerously-skip-permissions", ["--allow-dangerously-skip-permissions"]],
    ["--permission-mode auto", ["--permission-mode", "auto"]],
    ["--permission-mode=acceptEdits", ["--permission-mode=acceptEdits"]],
    ["--permission-mode bypassPermissions", ["--permission-mode", "bypassPermissions"]],
    ["--permission-mode ofTheFuture", ["--permission-mode", "default", "--permission-mode", "ofTheFuture"]],
    ["--permission-mode constructor", ["--permission-mode", "constructor"]],
    ['"defaultMode": "auto" in --settings', ["--settings", '{"permissions":{"defaultMode":"auto"}}']],
    ['"useAutoModeDuringPlan": true in --settings', ['--settings={"useAutoModeDuringPlan":true}']],
  ];
  const promises = { ask: "no tool runs without an answer", deny: "no tool that needs a permission runs" };
  for (const approvals of ["ask", "deny"] as const) {
    for (const [words, args] of breaking) {
      const said = `--approvals ${approvals} means that ${promises[approvals]}, and ${words} breaks that; ` +
        "leave it out, or use --approvals auto";
      assert.equal(refusal({ approvals, args }), said);
    }
  }
  assert.match(refusal({ approvals: "ask", args: ["--permission-mode", "dontAsk"] }), /dontAsk breaks that/);
  const settingsText = '{"permissions":{"defaultMode":"bypassPermissions"}}';
  const own = { hookUrl: "http://h/", folder: "/f", uuid: "u", settingsText };
  assert.match(refusal({ approvals: "ask", args: ["--settings", "file.json"], own }), /in --settings breaks that/);
});

/** Why `claude.plan()` refuses this. */
function refusal(more: Partial<LaunchRequest>): string {
  try {
    return `planned ${argv(more)}`;
  } catch (error) {
    return error instanceof HarnexError && error.code === "invalid" ? error.message : `other: ${error}`;
  }
}

Deno.test("claude.plan() appends model, effort and context, the context last", () => {
  assert.deepEqual(claude.plan({ ...REQUEST, args: ["-c"], model: "opus", effort: "high", context: "do it" }), {
    argv: ["claude", FLAG, "-c", "--model", "opus", "--effort", "high", "do it"],
    contextInArgv: true,
  });
});

Deno.test("claude.plan() keeps the context from options that would swallow it", () => {
  assert.equal(argv({ args: ["--add-dir", "/a", "/b"], context: "do it" }), `claude ${FLAG} --add-dir /a /b -- do it`);
  assert.equal(argv({ args: ["--resume"], context: "do it" }), `claude ${FLAG} --resume -- do it`);
  assert.equal(argv({ args: ["--resume", "id"], context: "do it" }), `claude ${FLAG} --resume id do it`);
  assert.equal(
    argv({ args: ["--tools", "x"], model: "m", context: "do it" }),
    `claude ${FLAG} --tools x --model m do it`,
  );
});

Deno.test("claude.plan() says before starting what Claude Code refuses as root", () => {
  const refused = (more: Partial<LaunchRequest>) => {
    try {
      claude.plan({ ...REQUEST, isRoot: true, ...more });
      return "planned";
    } catch (error) {
      return error instanceof HarnexError ? error.code : "other";
    }
  };
  assert.deepEqual(
    {
      root: refused({}),
      sandbox: refused({ env: { IS_SANDBOX: "1" } }),
      otherValue: refused({ env: { IS_SANDBOX: "true" } }),
      ask: refused({ approvals: "ask" }),
      askWithTheMode: refused({ approvals: "ask", args: ["--permission-mode", "bypassPermissions"] }),
      notRoot: refused({ isRoot: false }),
    },
    {
      root: "invalid",
      sandbox: "planned",
      otherValue: "invalid",
      ask: "planned",
      askWithTheMode: "invalid",
      notRoot: "planned",
    },
  );
  assert.throws(() => claude.plan({ ...REQUEST, isRoot: true }), /IS_SANDBOX=1.*--approvals ask/);
});

Deno.test("claude.keysFor() makes text of what Claude Code would take for a command", async () => {
  const screen = await drawn("");
  const pasted = (text: string) => claude.behaviour.keysFor(text, screen);
  const paste = (text: string) => [{ kind: "paste", text }];
  assert.deepEqual(pasted("plain"), paste("plain"));
  assert.deepEqual(pasted("!ls"), paste(" !ls"));
  assert.deepEqual(pasted("/help me"), paste("\\/help me"));
  assert.deepEqual(pasted("\n/help"), paste("\\\n/help"));
  assert.deepEqual(pasted("  /exit"), paste("\\  /exit"));
  assert.deepEqual(pasted("/tmp/file is a path"), paste(" /tmp/file is a path"));
  assert.deepEqual(pasted("see @src/a.ts"), paste("see @src/a.ts "));
  assert.deepEqual(pasted("see @src/a.ts now"), paste("see @src/a.ts now"));
  assert.deepEqual(pasted("a\x1b[201~\rrm"), paste("a[201~\nrm"));
});

Deno.test("claude.forVersion() types to an old version as that one takes it", async () => {
  const screen = await drawn("");
  const typed = (version: string | undefined) => {
    const { keysFor, typing } = { ...claude.behaviour, ...claude.forVersion?.(version) };
    return [keysFor("/help me", screen), typing.pasteLimits];
  };
  const old = [[{ kind: "paste", text: " /help me" }], undefined];
  const today = [[{ kind: "paste", text: "\\/help me" }], { characters: 700, lineBreaks: 2 }];
  const versions = ["2.0.1", "2.1.197", "2.1.198", "2.1.332", "3.0.0", undefined];
  assert.deepEqual(versions.map(typed), [old, old, today, today, today, today]);
});

Deno.test("claude.usageFrom() finds the id by which a session is resumed, the last one", () => {
  const { usageFrom = () => ({}) } = claude;
  const id = (digit: string) => `${digit.repeat(8)}-1111-2222-3333-444444444444`;
  const tail = `\x1b[2mResume this session with:\r\nclaude --resume ${id("a")}\r\nclaude --resume ${
    id("b")
  }\x1b[22m\r\n`;
  assert.deepEqual(usageFrom(tail), { agentSessionId: id("b") });
  assert.deepEqual(usageFrom("claude --resume something"), {});
});
