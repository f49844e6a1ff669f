/** What a profile may say, what is said about a wrong one, and what harnex makes of one that is right. */

import type { LaunchRequest, PtyAdapter } from "../../src/adapters/adapter.ts";
import { AGENTS } from "../../src/adapters/mod.ts";
import { parseProfile } from "../../src/adapters/profile/profile.ts";
import { compilePattern } from "../../src/adapters/profile/pattern.ts";
import type { Keystroke } from "../../src/transports/agent_process.ts";
import * as assert from "../support/assert.ts";
import { drawn } from "../support/drawn.ts";

const REQUEST: LaunchRequest = { args: ["-x"], cwd: "/", approvals: "auto", trust: false, env: {}, isRoot: false };

/** A profile with these fields besides the two that must be there. */
async function adapterOf(fields: Readonly<Record<string, unknown>>): Promise<PtyAdapter> {
  const text = JSON.stringify({ command: "tool", prompt: ["^tool> "], ...fields });
  const adapter = await AGENTS.find("mine", { taught: { path: "/config/mine.json", text } });
  if (adapter.transport !== "pty") throw new TypeError("a profile is for a terminal");
  return adapter;
}

const WRONG: readonly [text: string, said: RegExp][] = [
  ["", /^not JSON: /],
  ["[]", /^not a JSON object$/],
  ["7", /^Invalid type: /],
  ['{"prompt":["^> "]}', /^"command" is missing$/],
  ['{"command":"x"}', /^"prompt" is missing$/],
  ['{"command":"","prompt":["^> "]}', /^in command: must not be empty$/],
  ['{"command":"x","prompt":[]}', /^in prompt: needs a sign$/],
  ['{"command":"x","prompt":["^> "],"promt":[]}', /^unknown field "promt"$/],
  ['{"command":"x","prompt":["("]}', /^in prompt\.0\.cursor: the pattern "\(" is not usable: /],
  ['{"command":"x","prompt":["^> "],"busy":["(a+)+$"]}', /^in busy\.0\.screen: .* can take for ever$/],
  ['{"command":"x","prompt":[{"curser":"^> "}]}', /^in prompt\.0: unknown field "curser"$/],
  ['{"command":"x","prompt":[{}]}', /^in prompt\.0: says neither cursor, screen, bottom nor title$/],
  ['{"command":"x","prompt":["^> "],"exit":["ctrl-q"]}', /^in exit\.0: "ctrl-q" is no key; write enter, escape, /],
  ['{"command":"x","prompt":["^> "],"exit":[{"wait":60000}]}', /^in exit\.0: \{"wait":60000\} is no key; /],
  ['{"command":"x","prompt":["^> "],"model":["--model"]}', /^in model: no word has \{\} in it$/],
  ['{"command":"x","prompt":["^> "],"dialogs":[{"kind":"maybe","when":["a"]}]}', /^in dialogs\.0\.kind: /],
  [
    '{"command":"x","prompt":["^> "],"dialogs":[{"kind":"choice","when":["a"],"choices":[{"label":"b","keys":["enter"]}],"menu":{"mark":">","pick":"digit"}}]}',
    /^in dialogs\.0: has both choices and a menu$/,
  ],
];

Deno.test("parseProfile() says what is wrong, and where, on one line", () => {
  for (const [text, said] of WRONG) {
    const result = parseProfile(text);
    assert.equal(typeof result, "string", text);
    assert.match(String(result), said);
    assert.equal(String(result).includes("\n"), false, text);
  }
});

Deno.test("parseProfile() takes a sign by its place, or as a bare pattern, and keys by name or as objects", () => {
  const profile = parseProfile(JSON.stringify({
    command: "x",
    prompt: ["^> ", { title: "^Ready" }],
    busy: ["working"],
    exit: [{ type: "bye" }, { wait: 10 }, { see: "bye" }, "enter"],
  }));
  if (typeof profile === "string") return assert.fail(profile);
  assert.deepEqual(profile.prompt, [{ cursor: /^> /u }, { title: /^Ready/u }]);
  assert.deepEqual(profile.busy, [{ screen: /working/u }]);
  assert.deepEqual(profile.exit.map(({ kind }) => kind), ["text", "pause", "see", "key"]);
});

Deno.test("compilePattern() refuses what can take for ever, and nothing that people need", () => {
  const refused = [
    ...["", "(", "(a+)+", "(a*)*b", "(a|aa)+$", "((a+)b)*", "(.*,){30}x", "(?:x+y?)*", "(a)\\1", "(?<n>a)\\k<n>"],
    ...[".*.*.*x", "^.*.*.*.*x", "(a+){2,}", "a".repeat(301)],
  ];
  const taken = [
    ...["^> ", "^\\s*[>›❯]", "esc to interrupt", "^\\[(?:y|n)\\] ?", "(?:ab)+", "[(+*)]+x", "\\(a+\\)", "a{2}b{0,3}"],
    ...["^✻ \\S+… \\(\\d+s", "(?:a+b)?", "(?:a|b)?c"],
  ];
  assert.deepEqual(refused.filter((source) => compilePattern(source) instanceof RegExp), []);
  assert.deepEqual(taken.filter((source) => !(compilePattern(source) instanceof RegExp)), []);
});

Deno.test("a pattern that is taken is done with the worst rows in no time to speak of", () => {
  const rows = ["a", " ", ".", "-", "aa,"].map((piece) => piece.repeat(300).slice(0, 300));
  for (const source of ["^\\s*.*\\s*$x", ".*a+x", "^a*a*a*x", "\\S+\\s+x", "(?:ab?)+x"]) {
    const pattern = compilePattern(source);
    if (!(pattern instanceof RegExp)) return assert.fail(`${source}: ${pattern}`);
    assert.deepEqual(rows.filter((row) => pattern.test(row)), [], source); // it ends, or the test does not
  }
});

Deno.test("profile.plan() puts harnex's words first, the person's own next and the first task last", async () => {
  const { plan } = await adapterOf({
    args: ["--quiet"],
    env: { COLOR: "no" },
    model: ["--model={}"],
    effort: ["--effort", "{}"],
    trust: ["--trust"],
    approvals: { auto: ["--yes"], deny: ["--no"] },
    first_task: ["--prompt", "{}"],
  });
  const request: LaunchRequest = { ...REQUEST, model: "m1", effort: "high", trust: true, context: "do {} it" };
  assert.deepEqual(plan(request), {
    env: { COLOR: "no" },
    argv: [
      ...["tool", "--quiet", "--yes", "--trust", "--model=m1", "--effort", "high", "-x", "--prompt", "do {} it"],
    ],
    contextInArgv: true,
  });
  assert.deepEqual(plan({ ...REQUEST, approvals: "deny" }).argv, ["tool", "--quiet", "--no", "-x"]);
});

Deno.test("profile.plan() refuses what the profile does not say, and leaves the first task to be typed", async () => {
  const { plan } = await adapterOf({});
  assert.deepEqual(plan({ ...REQUEST, context: "do it" }), { argv: ["tool", "-x"], contextInArgv: false });
  assert.throws(() => plan({ ...REQUEST, model: "m" }), /--model: the profile of mine does not say how; /);
  assert.throws(() => plan({ ...REQUEST, effort: "m" }), /--effort: the profile of mine does not say how; /);
  assert.throws(() => plan({ ...REQUEST, approvals: "deny" }), /--approvals deny: the profile of mine /);
});

Deno.test("a person's profile wins over a shipped one, and over a built-in agent only if it says so", async () => {
  const taught = (fields: object) => ({
    path: "/x.json",
    text: JSON.stringify({ command: "mine", prompt: ["^> "], ...fields }),
  });
  const programOf = (adapter: Awaited<ReturnType<typeof AGENTS.find>>) => adapter.plan(REQUEST).argv[0];
  assert.equal(programOf(await AGENTS.find("opencode")), "opencode");
  assert.equal(programOf(await AGENTS.find("opencode", { taught: taught({}) })), "mine");
  assert.equal(programOf(await AGENTS.find("claude", { taught: taught({}) })), "claude");
  assert.equal(programOf(await AGENTS.find("claude", { taught: taught({ replaces_built_in: true }) })), "mine");
  await assert.rejects(
    AGENTS.find("claude", { taught: { path: "/x.json", text: "{" } }),
    /^HarnexError: the profile of claude, \/x\.json: /,
  );
});

Deno.test("profile.fromScreen(): dialogs before work, work before the prompt, else unclear", async () => {
  const { behaviour } = await adapterOf({
    busy: ["^working"],
    dialogs: [{
      kind: "permission",
      when: ["^May I\\?$"],
      choices: [{ label: "yes", keys: ["enter"], decides: "approve" }, { label: "no", keys: ["escape"] }],
    }],
    endings: { completed: ["^ok$"], failed: ["^error: "] },
  });
  const read = async (text: string) => behaviour.fromScreen(await drawn(text));
  assert.deepEqual(await read("tool> "), { kind: "ready", label: "prompt" });
  assert.deepEqual(await read("tool> x\r\nworking\r\n"), { kind: "working", label: "session" });
  assert.deepEqual(await read("tool> x\r\nthinking\r\n"), { kind: "unclear", label: "unknown" });
  assert.deepEqual(await read("working\r\nMay I?\r\n[yes] [no]\r\n"), {
    kind: "blocked",
    on: "permission",
    label: "permission",
    detail: "May I?",
    choices: ["yes", "no"],
  });
  assert.deepEqual(await read("error: broken\r\ntool> "), {
    kind: "ready",
    label: "prompt",
    lastTurn: { outcome: "failed", detail: "error: broken" },
  });
  assert.deepEqual(await read("error: broken\r\nok\r\ntool> "), { kind: "ready", label: "prompt" });
});

Deno.test("profile.fromScreen() takes a sign at the bottom for no more than the three lowest rows with text", async () => {
  const { behaviour } = await adapterOf({ busy: [{ bottom: "^working" }] });
  const read = async (text: string) => behaviour.fromScreen(await drawn(text)).kind;
  assert.equal(await read("tool> \r\nworking\r\n\r\nmodel\r\n\r\nfolder\x1b[1;7H"), "working");
  assert.equal(await read("working\r\ntool> \r\nmodel\r\nfolder\x1b[2;7H"), "ready");
});

Deno.test("profile.draft() is what follows the prompt, over wrapped rows, or what `input` catches", async () => {
  const plain = (await adapterOf({})).behaviour;
  assert.equal(plain.draft(await drawn("tool> ")), "");
  assert.equal(plain.draft(await drawn("tool> half a")), "half a");
  assert.equal(plain.draft(await drawn(`tool> ${"abcdefghij".repeat(6)}`)), "abcdefghij".repeat(6));
  const boxed = (await adapterOf({ input: "^\\| (.*?) *\\|?$", placeholder: "^Ask" })).behaviour;
  assert.equal(boxed.draft(await drawn("| half a    |\x1b[1;9H")), "half a");
  assert.equal(boxed.draft(await drawn("| Ask me\x1b[1;3H")), "");
  assert.equal(boxed.draft(await drawn("------\r\n\r\nnothing")), undefined);
});

Deno.test("profile.keysFor() disarms what the agent would take for a command", async () => {
  const { behaviour } = await adapterOf({ guard: [{ when: "^[/!]", before: " " }, { when: "@\\S*$", after: " " }] });
  const screen = await drawn("tool> ");
  const typed = (text: string) => behaviour.keysFor(text, screen).map((key) => "text" in key ? key.text : key.kind);
  assert.deepEqual(["plain", "/x", "see @a", "!see @a"].map(typed), [["plain"], [" /x"], ["see @a "], [" !see @a "]]);
});

const MENU =
  "\u250c\u2500\u2500\u2500\u2510\r\n\u2502 Go on?\r\n\u2502 \u25cf 1. Yes \u2502\r\n\u2502   2. No  \u2502\r\n";

function nameOf(key: Keystroke): string {
  switch (key.kind) {
    case "key":
      return key.key;
    case "text":
      return `type ${key.text}`;
    case "see":
      return `${key.otherwise ?? "go on"} unless ${key.words}`;
    default:
      return key.kind;
  }
}

for (
  const [pick, expected] of [
    ["digit", ["type 2"]],
    ["digit-enter", ["type 2", "stop unless \u25cf 2. No", "enter"]],
    ["arrows", ["down", "pause", "stop unless \u25cf 2. No", "enter"]],
  ] as const
) {
  Deno.test(`profile.keysToAnswer() picks an entry of a menu by ${pick}`, async () => {
    const menu = { mark: "\u25cf", pick, approve: "^Yes", deny: "^No" };
    const { behaviour } = await adapterOf({ dialogs: [{ kind: "choice", when: ["Go on\\?"], menu }] });
    const screen = await drawn(MENU);
    const { kind, ...asked } = behaviour.fromScreen(screen);
    assert.deepEqual([kind, asked], ["blocked", {
      on: "choice",
      label: "choice",
      detail: "Go on?",
      choices: ["Yes", "No"],
    }]);
    for (const answer of [{ kind: "deny" }, { kind: "choice", label: "No" }] as const) {
      assert.deepEqual(behaviour.keysToAnswer?.(screen, answer)?.map(nameOf), expected);
    }
    assert.equal(behaviour.keysToAnswer?.(screen, { kind: "choice", label: "Maybe" }), undefined);
    // Its words alone are no dialog.
    assert.equal(behaviour.fromScreen(await drawn("Go on?\r\n")).kind, "unclear");
  });
}

Deno.test("profile.keysToStop() empties a box that holds a draft", async () => {
  const stop = async (fields: Readonly<Record<string, unknown>>) =>
    (await adapterOf(fields)).behaviour.keysToStop(await drawn("tool> half a")).map(nameOf);
  assert.deepEqual(await stop({}), ["ctrl-u", "type /exit", "pause", "enter"]);
  assert.deepEqual(await stop({ clear: ["escape"], exit: ["ctrl-d"] }), ["escape", "ctrl-d"]);
});

Deno.test("profile.keysToStop() presses no Enter over a dialog", async () => {
  const { behaviour } = await adapterOf({ dialogs: [{ kind: "choice", when: ["^Sure\\?"] }] });
  assert.deepEqual(behaviour.keysToStop(await drawn("tool> ")).map(nameOf), ["type /exit", "pause", "enter"]);
  const keys = behaviour.keysToStop(await drawn("Sure?\r\n")).map(nameOf);
  assert.deepEqual(keys.filter((key) => key !== "pause"), ["escape", "ctrl-c", "ctrl-c"]);
});
