import type { LaunchRequest } from "../../src/adapters/adapter.ts";
import { claude } from "../../src/adapters/claude/claude.ts";
import { HarnexError } from "../../src/model/errors.ts";
import * as assert from "../support/assert.ts";
import { drawn } from "../support/drawn.ts";

const REQUEST: LaunchRequest = { args: [], cwd: "/", approvals: "auto", trust: false, env: {}, isRoot: false };
const FLAG = "--dangerously-skip-permissions";
const argv = (more: Partial<LaunchRequest>) => claude.plan({ ...REQUEST, ...more }).argv.join(" ");

Deno.test("claude.plan() skips permissions once, and only when they are answered automatically", () => {
  assert.equal(argv({}), `claude ${FLAG}`);
  assert.equal(argv({ args: ["--verbose", FLAG] }), `claude ${FLAG} --verbose`);
  assert.equal(argv({ approvals: "ask" }), "claude");
  assert.equal(argv({ approvals: "deny", args: [FLAG, "-c"] }), "claude -c");
});

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
  assert.deepEqual(pasted("/help me"), paste(" /help me"));
  assert.deepEqual(pasted("\n/help"), paste(" \n/help"));
  assert.deepEqual(pasted("see @src/a.ts"), paste("see @src/a.ts "));
  assert.deepEqual(pasted("see @src/a.ts now"), paste("see @src/a.ts now"));
  assert.deepEqual(pasted("a\x1b[201~\rrm"), paste("a[201~\nrm"));
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
