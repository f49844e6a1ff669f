/** `harnex __complete`: what is offered at the cursor, and how each shell is told. */

import { deepEqual, equal } from "../support/assert.ts";
import { runInProcess } from "../support/program.ts";

const OPTIONS = {
  ids: ["cx-1", "cl-2"],
  guides: {
    "getting_started.md": "# Getting started",
    "01_dispatch.md": "# Dispatching: a task",
    "recipes/01_fire.md": "# Fire",
  },
};

/** The kind of the offer, and the values; fish gets them all, with help behind a tab. */
async function offer(...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runInProcess(["__complete", "fish", "--", ...words], OPTIONS);
  deepEqual([code, stderr], [0, ""]);
  return stdout.trimEnd().split("\n").map((line) => line.split("\t")[0] ?? "");
}

async function lines(shell: string, ...words: string[]): Promise<string> {
  return (await runInProcess(["__complete", shell, "--", ...words], OPTIONS)).stdout;
}

Deno.test("__complete offers the commands that help shows, and the options of the overview", async () => {
  const offered = await offer("");
  deepEqual([offered[0], offered[1], offered.slice(-3)], ["words", "run", ["version", "--help", "--version"]]);
  equal(offered.some((value) => value.startsWith("__")), false);
});

const CASES: [words: string[], offered: string[]][] = [
  [["completions", ""], ["words", "bash", "zsh", "fish"]],
  [["run", ""], ["words", "codex", "claude"]],
  [["run", "codex", ""], ["words"]],
  [["run", "--id", ""], ["words", "cx-1", "cl-2"]],
  [["run", "--id", "x", "c"], ["words", "codex", "claude"]],
  [["run", "--tmux", "w1", ""], ["words", "codex", "claude"]],
  [["run", "--tmux", "codex", ""], ["words"]],
  [["run", "--detach", ""], ["words", "codex", "claude"]],
  [["run", "codex", "--approvals", ""], ["words", "auto", "ask", "deny"]],
  [["run", "--approvals=d"], ["words", "--approvals=auto", "--approvals=ask", "--approvals=deny"]],
  [["run", "--cwd", ""], ["directories"]],
  [["run", "--cwd=./x"], ["directories"]],
  [["run", "--watch="], ["files"]],
  [["run", "--watch-file", ""], ["files"]],
  [["run", "--port", ""], ["words"]],
  [["run", "--detach=y"], ["words"]],
  [["run", "--nothing=y"], ["words"]],
  [["run", "codex", "--", "--id", ""], ["words"]],
  [["stop", "--id=c"], ["words", "--id=cx-1", "--id=cl-2"]],
  [["wait", "--id", "a", "--id", ""], ["words", "cx-1", "cl-2"]],
  [["send", "--message", "--id", ""], ["words", "cx-1", "cl-2"]],
  [["guide", ""], ["words", "getting_started"]],
  [["agents-guide", "show", ""], ["words", "01_dispatch"]],
  [["agents-guide", "show", "x", ""], ["words"]],
  [["recipes", "--json", ""], ["words", "01_fire"]],
  [["explain", "--recording", ""], ["files"]],
  [["nothing", ""], ["words"]],
  [["__host", ""], ["words"]],
];
for (const [words, offered] of CASES) {
  Deno.test(`__complete offers after ${JSON.stringify(words)}: ${offered.join(" ")}`, async () => {
    deepEqual(await offer(...words), offered);
  });
}

Deno.test("__complete offers every spelling of an option, and no option after --", async () => {
  const after = await offer("events", "--");
  deepEqual([after.includes("--follow"), after.includes("--no-follow"), after.includes("--snapshot")], [
    true,
    true,
    true,
  ]);
  deepEqual([after.includes("--help"), (await offer("events", "-")).length], [true, after.length]);
  deepEqual(await offer("send", "--id", "a", "--", "--"), ["words"]);
});

Deno.test("__complete offers help the commands that help shows", async () => {
  deepEqual(await offer("help", ""), (await offer("")).filter((value) => !value.startsWith("--")));
});

Deno.test("__complete gives each shell its own form", async () => {
  equal(await lines("fish", "agents-guide", "0"), "words\n01_dispatch\tDispatching: a task\n");
  equal(await lines("zsh", "agents-guide", "0"), "words\n01_dispatch:Dispatching: a task\n");
  equal(await lines("bash", "agents-guide", "0"), "words\n01_dispatch\n");
});

Deno.test("__complete gives bash only what begins as typed, and the value alone where bash split the word", async () => {
  equal(await lines("bash", "stop", "--id", "cx"), "words\ncx-1\n");
  equal(await lines("bash", "stop", "--id", "=", "cx"), "words\ncx-1\n");
  equal(await lines("bash", "stop", "--id", "="), "words\ncx-1\ncl-2\n");
  equal(await lines("bash", "stop", "--id=cx"), "words\n--id=cx-1\n");
  equal(await lines("bash", "run", "--approvals", "=", "ask", "--approvals", "=", "d"), "words\ndeny\n");
  equal(await lines("bash", "st"), "words\nstop\nstatus\n");
});

Deno.test("__complete leaves out what is no word of one line, and escapes what zsh would read", async () => {
  const ids = ["cx-1", "a b", "a:b\\c", "two\nlines", "\x1b[2J"];
  const ask = async (shell: string) =>
    (await runInProcess(["__complete", shell, "--", "stop", "--id", ""], { ids })).stdout;
  equal(await ask("fish"), "words\ncx-1\na b\na:b\\c\n");
  equal(await ask("zsh"), "words\ncx-1\na b\na\\:b\\\\c\n");
});
