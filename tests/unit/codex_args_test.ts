import * as assert from "../support/assert.ts";
import { codex } from "../../src/adapters/codex/codex.ts";
import type { LaunchRequest } from "../../src/adapters/adapter.ts";
import { HarnexError } from "../../src/model/errors.ts";
import { fieldsOf } from "../../src/text/json.ts";

const QUIET = ["codex", "app-server", "--disable", "plugins", "-c", "analytics.enabled=false"];
const SANDBOX = ["-c", "sandbox_mode=workspace-write"];
const APPROVAL = ["-c", "approval_policy=on-request"];

function request(args: readonly string[], more: Partial<LaunchRequest> = {}): LaunchRequest {
  return { args, cwd: "/project", approvals: "auto", trust: false, env: {}, isRoot: false, ...more };
}

function argv(...args: string[]): readonly string[] {
  return codex.plan(request(args)).argv;
}

function refusal(...args: string[]): string {
  try {
    codex.plan(request(args));
  } catch (error) {
    if (error instanceof HarnexError && error.code === "invalid") return error.message;
    throw error;
  }
  return assert.fail(`${args.join(" ")} was taken`);
}

Deno.test("codex.plan() starts a quiet app-server that may write here and asks for more", () => {
  assert.deepEqual(codex.plan(request([])), { argv: [...QUIET, ...SANDBOX, ...APPROVAL], contextInArgv: false });
});

Deno.test("codex.plan() passes settings on and leaves its own defaults out where they are set", () => {
  assert.deepEqual(argv("-c", "sandbox_mode=read-only", "--config=approval_policy=never", "-cmodel=x"), [
    ...QUIET,
    "-c",
    "sandbox_mode=read-only",
    "-c",
    "approval_policy=never",
    "-c",
    "model=x",
  ]);
  assert.deepEqual(argv("--enable", "foo", "--disable=bar", "--strict-config"), [
    ...QUIET,
    ...SANDBOX,
    ...APPROVAL,
    "--enable",
    "foo",
    "--disable",
    "bar",
    "--strict-config",
  ]);
});

Deno.test("codex.plan() translates the TUI's flags for sandbox and approvals", () => {
  const both = (sandbox: string, approval: string) => [
    ...QUIET,
    "-c",
    `sandbox_mode="${sandbox}"`,
    "-c",
    `approval_policy="${approval}"`,
  ];
  assert.deepEqual(argv("-s", "read-only", "-a", "never"), both("read-only", "never"));
  assert.deepEqual(argv("--sandbox=danger-full-access", "--ask-for-approval", "untrusted"), [
    ...both("danger-full-access", "untrusted"),
  ]);
  assert.deepEqual(argv("--full-auto"), both("workspace-write", "on-request"));
  assert.deepEqual(argv("--dangerously-bypass-approvals-and-sandbox"), both("danger-full-access", "never"));
  assert.deepEqual(argv("--yolo"), both("danger-full-access", "never"));
  assert.deepEqual(argv("--add-dir", "../other", "--add-dir=/abs").slice(-2), [
    "-c",
    'sandbox_workspace_write.writable_roots=["/other","/abs"]',
  ]);
});

Deno.test("codex.plan() turns -C into the working directory", () => {
  for (const args of [["-C", "sub"], ["-Csub"], ["-C=sub"], ["--cd", "sub"], ["--cd=sub"], ["-C", "a", "-Csub"]]) {
    assert.equal(codex.plan(request(args)).cwd, "/project/sub", args.join(" "));
    assert.equal(codex.directory?.(args), "sub", args.join(" "));
  }
  assert.deepEqual([[], ["-C"], ["-m", "x", "--", "-C", "sub"]].map((args) => codex.directory?.(args)), [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("codex.plan() refuses two different models", () => {
  assert.deepEqual(codex.plan(request(["-m", "a"], { model: "a" })).contextInArgv, false);
  assert.throws(() => codex.plan(request(["-m", "a"], { model: "b" })), {
    code: "invalid",
    message: "two models: --model b and -m a; leave one out",
  });
});

Deno.test("codex.plan() refuses what app-server would refuse, and says what to write", () => {
  const table: readonly (readonly [readonly string[], string])[] = [
    [["fix the bug"], 'codex app-server does not take "fix the bug": give the task with --context "…", or send it'],
    [["exec", "x"], 'codex app-server does not take "exec": give the task with --context "…", or send it'],
    [["--bogus"], "--bogus: write a setting as -c key=value, or run the TUI with --legacy-pty"],
    [["-i", "a.png"], "-i: put the picture's path into the message"],
    [["-p", "work"], "-p: put its settings as -c key=value"],
    [["--listen", "ws://x"], "--listen: harnex talks to Codex over its standard streams"],
    [["-s", "rw"], "-s rw: write one of read-only, workspace-write, danger-full-access"],
    [["-a", "on-failure"], "-a on-failure: write one of untrusted, on-request, never"],
    [["resume"], "resume without a session id: write resume SESSION-ID"],
    [["resume", "--last"], "resume without a session id: write resume SESSION-ID"],
    [["-m"], "-m needs a value"],
  ];
  for (const [args, message] of table) {
    assert.ok(refusal(...args).endsWith(message), `${args.join(" ")}: ${refusal(...args)}`);
  }
});

/** The model and the effort that a thread is opened with. */
async function askedFor(words: readonly string[], more: Partial<LaunchRequest>): Promise<unknown[]> {
  let params: unknown;
  const conversation = codex.behaviour(request(words, more)).converse();
  await conversation.open({
    request(call) {
      params = call.params;
      return Promise.resolve({ thread: { id: "t" } });
    },
    notify: () => Promise.resolve(),
  }, new AbortController().signal);
  const { model, config } = fieldsOf(params);
  return [model, fieldsOf(config).model_reasoning_effort];
}

Deno.test("codex.behaviour() takes model and effort from --meta where nothing else names them", async () => {
  const meta = { model: "m-meta", effort: "high" };
  assert.deepEqual(await askedFor([], { meta }), ["m-meta", "high"]);
  assert.deepEqual(await askedFor(["-m", "m-word"], { meta }), ["m-word", "high"]);
  assert.deepEqual(await askedFor([], { meta, model: "m", effort: "low" }), ["m", "low"]);
  assert.deepEqual(await askedFor([], { meta: {} }), [undefined, undefined]);
});
