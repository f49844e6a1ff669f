import * as assert from "../support/assert.ts";
import { codex } from "../../src/adapters/codex/codex.ts";
import { codexTui } from "../../src/adapters/codex/tui.ts";
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

/** The parameters with which a thread is opened. */
async function paramsOf(words: readonly string[], more: Partial<LaunchRequest>): Promise<Record<string, unknown>> {
  let params: unknown;
  const conversation = codex.behaviour(request(words, more)).converse();
  await conversation.open({
    request(call) {
      params = call.params;
      return Promise.resolve({ thread: { id: "t" } });
    },
    notify: () => Promise.resolve(),
  }, new AbortController().signal);
  return { ...fieldsOf(params) };
}

/** The model and the effort that a thread is opened with. */
async function askedFor(words: readonly string[], more: Partial<LaunchRequest>): Promise<unknown[]> {
  const { model, config } = await paramsOf(words, more);
  return [model, fieldsOf(config).model_reasoning_effort];
}

Deno.test("codex.behaviour() takes model and effort from --meta where nothing else names them", async () => {
  const meta = { model: "m-meta", effort: "high" };
  assert.deepEqual(await askedFor([], { meta }), ["m-meta", "high"]);
  assert.deepEqual(await askedFor(["-m", "m-word"], { meta }), ["m-word", "high"]);
  assert.deepEqual(await askedFor([], { meta, model: "m", effort: "low" }), ["m", "low"]);
  assert.deepEqual(await askedFor([], { meta: {} }), [undefined, undefined]);
});

/** What `-- words` set about permissions, as the thread is opened with it. */
async function permissionsAskedFor(words: readonly string[], more: Partial<LaunchRequest> = {}): Promise<unknown[]> {
  const params = await paramsOf(words, more);
  return [params.approvalPolicy, params.sandbox, params.approvalsReviewer];
}

Deno.test("codex.behaviour() orders the permissions of the thread, new or resumed, or those of the person's words", async () => {
  for (const approvals of ["auto", "ask", "deny"] as const) {
    for (const words of [[], ["resume", "01a20470-576a-7303-8a4c-062904feffae"]]) {
      assert.deepEqual(await permissionsAskedFor(words, { approvals }), ["on-request", "workspace-write", "user"]);
    }
  }
  assert.deepEqual(await permissionsAskedFor(["--yolo"]), ["never", "danger-full-access", "user"]);
  assert.deepEqual(await permissionsAskedFor(["-c", "approval_policy={granular={}}"]), [
    undefined,
    "workspace-write",
    "user",
  ]);
  assert.deepEqual(await permissionsAskedFor(["-c", "default_permissions=x"]), ["on-request", undefined, "user"]);
  assert.deepEqual(await permissionsAskedFor(["--approve-for-me"]), ["on-request", "workspace-write", "auto_review"]);
});

/** Words that take an answer away from `ask`, from `deny`, or from both, and what harnex says about them. */
const CONTRADICTIONS: readonly { words: readonly string[]; reason: string; only?: "ask" | "deny" }[] = [
  { words: ["--yolo"], reason: "sandbox_mode=danger-full-access: tools may do anything without a question" },
  {
    words: ["--dangerously-bypass-approvals-and-sandbox"],
    reason: "sandbox_mode=danger-full-access: tools may do anything without a question",
  },
  {
    words: ["-s", "danger-full-access"],
    reason: "sandbox_mode=danger-full-access: tools may do anything without a question",
  },
  {
    words: ["-csandbox_mode='danger-full-access'"],
    reason: "sandbox_mode=danger-full-access: tools may do anything without a question",
  },
  { words: ["-a", "never"], reason: "approval_policy=never: Codex would not ask each question", only: "ask" },
  {
    words: ["--config", 'approval_policy = "never"'],
    reason: "approval_policy=never: Codex would not ask each question",
    only: "ask",
  },
  {
    words: ["-c", "approval_policy={granular={sandbox_approval=false}}"],
    reason: "approval_policy=granular: Codex would not ask each question",
    only: "ask",
  },
  { words: ["--approve-for-me"], reason: "approvals_reviewer=auto_review: a model answers the questions" },
  {
    words: ["-c", "approvals_reviewer=auto_review"],
    reason: "approvals_reviewer=auto_review: a model answers the questions",
  },
  {
    words: ["-c", "default_permissions=mine"],
    reason: "default_permissions=mine: harnex cannot tell what that profile runs without a question",
  },
];

for (const { name, adapter } of [{ name: "codex", adapter: codex }, { name: "codexTui", adapter: codexTui }]) {
  Deno.test(`${name}.plan() refuses words that contradict --approvals, and takes them with auto`, () => {
    for (const { words, reason, only } of CONTRADICTIONS) {
      for (const approvals of only === undefined ? ["ask", "deny"] as const : [only]) {
        assert.throws(() => adapter.plan(request(words, { approvals })), {
          code: "invalid",
          message: `--approvals ${approvals} and ${reason}; leave one of them out`,
        });
      }
      assert.equal(adapter.plan(request(words)).argv.length > 0, true);
    }
    for (const approvals of ["ask", "deny"] as const) {
      assert.equal(adapter.plan(request(["-s", "read-only"], { approvals })).argv.length > 0, true);
    }
  });
}

Deno.test("codexTui.plan() sets what the person's words leave open, so that no configuration decides it", () => {
  const set = (approvals: LaunchRequest["approvals"], ...words: string[]) => {
    const { argv } = codexTui.plan(request(words, { approvals }));
    return argv.filter((word) => /^(?:sandbox_mode|approval_policy|approvals_reviewer)=|^--dangerously/.test(word));
  };
  const [SANDBOXED, HUMAN] = ["sandbox_mode=workspace-write", "approvals_reviewer=user"];
  assert.deepEqual(set("auto"), ["--dangerously-bypass-approvals-and-sandbox"]);
  assert.deepEqual(set("auto", "-s", "read-only"), []);
  assert.deepEqual(set("ask"), [SANDBOXED, "approval_policy=on-request", HUMAN]);
  assert.deepEqual(set("deny"), [SANDBOXED, "approval_policy=never", HUMAN]);
  assert.deepEqual(set("ask", "-s", "read-only"), ["approval_policy=on-request", HUMAN]);
  assert.deepEqual(set("deny", "-a", "never"), [SANDBOXED, HUMAN]);
  assert.deepEqual(set("ask", "--", "--yolo"), [SANDBOXED, "approval_policy=on-request", HUMAN]);
  assert.throws(() => set("deny", "-a", "on-request"), {
    message:
      "--approvals deny and approval_policy=on-request: Codex would ask on its screen, and only never refuses; " +
      "leave one of them out",
  });
});

/** Why a thread is turned down that was opened with these facts; undefined where it is taken. */
async function turnedDown(approvals: LaunchRequest["approvals"], opened: Record<string, unknown>): Promise<unknown> {
  const conversation = codex.behaviour(request([], { approvals })).converse();
  const caller = {
    request: () => Promise.resolve({ thread: { id: "t" }, ...opened }),
    notify: () => Promise.resolve(),
  };
  const opening = conversation.open(caller, new AbortController().signal);
  return await opening.then(() => undefined, (error) => error.message);
}

Deno.test("a Codex thread that breaks the promise of --approvals is turned down with the reason", async () => {
  const opened = { approvalPolicy: "on-request", sandbox: { type: "workspaceWrite" }, approvalsReviewer: "user" };
  const start = (approvals: string) => `codex did not take what --approvals ${approvals} needs; it runs with `;
  const full = { ...opened, sandbox: { type: "dangerFullAccess" } };
  const unknown = { ...opened, approvalPolicy: "sometimes" };
  for (const approvals of ["ask", "deny"] as const) {
    assert.deepEqual(await turnedDown(approvals, opened), undefined);
    assert.deepEqual(await turnedDown(approvals, { ...opened, sandbox: { type: "readOnly" } }), undefined);
    assert.match(
      String(await turnedDown(approvals, full)),
      new RegExp(`^${start(approvals)}sandbox_mode=danger-full-`),
    );
    assert.match(String(await turnedDown(approvals, unknown)), /runs with approval_policy=sometimes/);
    const reviewed = await turnedDown(approvals, { ...opened, approvalsReviewer: "auto_review" });
    assert.equal(reviewed, `${start(approvals)}approvals_reviewer=auto_review: a model answers the questions`);
    const granular = await turnedDown(approvals, { ...opened, approvalPolicy: { granular: {} } });
    assert.match(String(granular), /runs with approval_policy=granular/);
  }
  assert.deepEqual(await turnedDown("deny", { ...opened, approvalPolicy: "never" }), undefined);
  assert.match(
    String(await turnedDown("ask", { ...opened, approvalPolicy: "never" })),
    /runs with approval_policy=never/,
  );
  assert.deepEqual(await turnedDown("auto", full), undefined);
});
