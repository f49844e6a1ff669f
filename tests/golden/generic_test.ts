/** What harnex sees of terminal programs that it knows nothing about. The screens are drawn here. */

import { createGenericAdapter } from "../../src/adapters/generic.ts";
import type { LaunchRequest } from "../../src/adapters/adapter.ts";
import * as assert from "../support/assert.ts";
import { drawn } from "../support/drawn.ts";

const adapter = createGenericAdapter("sometool");
const { behaviour } = adapter;
const READY = { kind: "ready", label: "prompt" } as const;
const UNCLEAR = { kind: "unclear", label: "unknown" } as const;

const SCREENS: Readonly<Record<string, readonly [string, { signal: unknown; draft: string }]>> = {
  "a prompt at the cursor": ["hello\r\n> ", { signal: READY, draft: "" }],
  "each of the glyphs (›)": ["› ", { signal: READY, draft: "" }],
  "each of the glyphs (❯)": ["❯ ", { signal: READY, draft: "" }],
  "a draft at the prompt": ["> half a thought", { signal: READY, draft: "half a thought" }],
  "a draft that wraps": ["> " + "abcdefghij".repeat(6), { signal: READY, draft: "abcdefghij".repeat(6) }],
  "a faint placeholder": ["> \x1b[2mType something\x1b[0m\x1b[3G", { signal: READY, draft: "" }],
  "an empty prompt above a footer where the cursor is": ["> \r\n\r\n? for help", { signal: READY, draft: "" }],
  "a prompt above a footer, the cursor hidden": ["\x1b[?25l> text\r\n\r\n? for help\r\n", { signal: READY, draft: "text" }],
  "a prompt inside rules": ["────\r\n❯ \r\n────\r\n hint\x1b[2;3H", { signal: READY, draft: "" }],
  "a shell's prompt": ["$ ", { signal: UNCLEAR, draft: "$" }],
  "a root shell's prompt": ["# ls", { signal: UNCLEAR, draft: "# ls" }],
  "work below the line it was given": ["> do it\r\nworking", { signal: UNCLEAR, draft: "working" }],
  "work on a line of its own": ["> do it\r\nworking\r\n", { signal: UNCLEAR, draft: "" }],
  "an empty line given, work below it ended by a line end": ["> \r\nworking\r\n", { signal: UNCLEAR, draft: "" }],
  "a prompt that has scrolled up": [`> \r\n${"out\r\n".repeat(6)}`, { signal: UNCLEAR, draft: "" }],
  "a prompt that has scrolled away": [`> \r\n${"out\r\n".repeat(60)}`, { signal: UNCLEAR, draft: "" }],
  "a prompt that came back": [`> \r\n${"out\r\n".repeat(60)}> `, { signal: READY, draft: "" }],
  "quoted text, the cursor below": ["> quoted\r\nand more\r\n", { signal: UNCLEAR, draft: "" }],
  "nothing": ["", { signal: UNCLEAR, draft: "" }],
  "a menu with the cursor on its marked entry": [
    "Go on?\r\n❯ 1. Yes\r\n  2. No\x1b[2;1H",
    { signal: { kind: "blocked", on: "choice", label: "choice", detail: "Go on?", choices: ["Yes", "No"] }, draft: "❯ 1. Yes" },
  ],
  "a menu with a hidden cursor": [
    "\x1b[?25lGo on?\r\n\r\n  1. Yes\r\n> 2. No\r\n\r\nEnter to confirm\r\n",
    { signal: { kind: "blocked", on: "choice", label: "choice", detail: "Go on?", choices: ["Yes", "No"] }, draft: "" },
  ],
  "a menu that was only printed": ["❯ 1. Yes\r\n  2. No\r\n", { signal: UNCLEAR, draft: "" }],
  "one numbered entry": ["> 1. a list\x1b[1;1H", { signal: UNCLEAR, draft: "> 1. a list" }],
};

for (const [name, [text, expected]] of Object.entries(SCREENS)) {
  Deno.test(`generic.fromScreen() and draft() read ${name}`, async () => {
    const screen = await drawn(text);
    assert.deepEqual({ signal: behaviour.fromScreen(screen), draft: behaviour.draft(screen) }, expected);
  });
}

Deno.test("generic.plan() appends the context as the last word and changes nothing else", () => {
  const request: LaunchRequest = { args: ["-x", "y z"], cwd: "/", approvals: "auto", trust: false, env: {}, isRoot: true };
  assert.deepEqual(adapter.plan(request), { argv: ["sometool", "-x", "y z"], contextInArgv: false });
  assert.deepEqual(adapter.plan({ ...request, context: "do it" }), {
    argv: ["sometool", "-x", "y z", "do it"],
    contextInArgv: true,
  });
});

Deno.test("generic.keysToStop() types /exit, waits at least 100 ms and presses Enter", async () => {
  const keys = behaviour.keysToStop(await drawn("> "));
  assert.deepEqual(keys.map((key) => key.kind), ["text", "pause", "key"]);
  assert.deepEqual(keys.filter((key) => key.kind === "pause" && key.ms < 100), []);
  assert.deepEqual(behaviour.keysToStop(await drawn("> half a"))[0], { kind: "key", key: "ctrl-u" });
});

Deno.test("generic.keysToStop() presses no Enter over a menu", async () => {
  const keys = behaviour.keysToStop(await drawn("Go on?\r\n\u276f 1. Yes\r\n  2. No\x1b[2;1H"));
  assert.deepEqual(keys.flatMap((key) => key.kind === "pause" ? [] : [key.kind === "key" ? key.key : key.kind]), [
    "escape",
    "ctrl-c",
    "ctrl-c",
  ]);
});

Deno.test("generic.plan() refuses a model and an effort, which it would have to swallow", () => {
  const request: LaunchRequest = { args: [], cwd: "/", approvals: "auto", trust: false, env: {}, isRoot: true };
  assert.throws(() => adapter.plan({ ...request, model: "m" }), /^HarnexError: --model: harnex does not know how sometool takes it; /);
  assert.throws(() => adapter.plan({ ...request, effort: "high" }), /^HarnexError: --effort: /);
});

Deno.test("generic.keysToAnswer() moves the mark and presses Enter only where it sees it", async () => {
  const screen = await drawn("Go on?\r\n\u276f 1. Yes\r\n  2. No\r\n  3. Later\x1b[2;1H");
  const keys = behaviour.keysToAnswer?.(screen, { kind: "choice", label: "Later" }) ?? [];
  assert.deepEqual(keys.flatMap((key) => key.kind === "key" ? key.key : key.kind === "see" ? [key.words, key.otherwise] : []), [
    "down",
    "down",
    "\u276f 3. Later",
    "stop",
    "enter",
  ]);
  const deny = behaviour.keysToAnswer?.(screen, { kind: "deny" }) ?? [];
  assert.deepEqual(deny.filter(({ kind }) => kind === "key").length, 2);
  assert.equal(behaviour.keysToAnswer?.(screen, { kind: "choice", label: "Never" }), undefined);
  const twice = await drawn("Go on?\r\n\u276f 1. Yes\r\n  2. Yes, always\x1b[2;1H");
  assert.equal(behaviour.keysToAnswer?.(twice, { kind: "approve" }), undefined);
});
