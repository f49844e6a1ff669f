/** The completion scripts in the real shells. A shell that is not installed is skipped, and says so. */

import { join } from "node:path";
import { bashScript } from "../../src/cli/completion/bash.ts";
import { fishScript } from "../../src/cli/completion/fish.ts";
import { zshScript } from "../../src/cli/completion/zsh.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { COMMANDS } from "../support/program.ts";
import { onPath } from "../support/on_path.ts";

const SCRIPTS = { bash: bashScript(COMMANDS), zsh: zshScript(COMMANDS), fish: fishScript(COMMANDS) };
type Shell = keyof typeof SCRIPTS;
/** Stands in for harnex: ids that a careless script would run, split or take for an option. */
const FAKE = `#!/bin/sh
[ "$*" = "__complete ids" ] && printf '%s\\n' 'cx-1' '$(touch pwned)' 'two words' '--odd' "it's"
[ "$*" = "__complete agents" ] && printf '%s\\n' codex claude
exit 0
`;

/** Runs shell code in a folder that holds the script as `completions` and the fake on PATH. */
async function inShell(shell: Shell, code: string): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "completions"), SCRIPTS[shell]);
    await Deno.writeTextFile(join(folder, "harnex"), FAKE, { mode: 0o755 });
    const noConfig = { bash: ["--norc"], zsh: ["-f"], fish: ["--no-config"] }[shell];
    const { code: status, stdout, stderr } = await new Deno.Command(shell, {
      args: [...noConfig, "-c", code],
      cwd: folder,
      env: { PATH: `${folder}:${Deno.env.get("PATH")}`, HOME: folder, LC_ALL: "C.UTF-8" },
    }).output();
    const text = new TextDecoder();
    deepEqual([status, text.decode(stderr)], [0, ""]);
    const names = [...Deno.readDirSync(folder)].map((entry) => entry.name);
    equal(names.includes("pwned"), false, "an id was run as a command");
    return text.decode(stdout).split("\n").filter((line) => line !== "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function shellTest(shell: Shell, criterion: string, body: () => Promise<void>): void {
  const isThere = onPath(shell);
  if (!isThere) console.log(`skipped: ${shell} is not installed (${criterion})`);
  Deno.test({ name: `completions ${shell} ${criterion}`, ignore: !isThere, fn: body });
}

const NO_EXECUTION = { bash: "bash -n completions", zsh: "zsh -n completions", fish: "fish -n completions" };
for (const shell of ["bash", "zsh", "fish"] as const) {
  shellTest(shell, "is accepted", async () => deepEqual(await inShell(shell, NO_EXECUTION[shell]), []));
}

/** What bash offers for these words, the last of which is being typed. */
const inBash = (words: string) =>
  inShell(
    "bash",
    `. ./completions; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _harnex
    [ \${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`,
  );

shellTest("bash", "offers commands, options, values and live ids", async () => {
  deepEqual(await inBash("harnex st"), ["stop", "status"]);
  deepEqual(await inBash("harnex wait --un"), ["--until"]);
  deepEqual(await inBash("harnex events --id x --s"), ["--snapshot"]);
  deepEqual(await inBash("harnex run --approvals ''"), ["auto", "ask", "deny"]);
  deepEqual(await inBash("harnex run --approvals = d"), ["deny"]);
  deepEqual(await inBash("harnex completions ''"), ["bash", "zsh", "fish"]);
  deepEqual(await inBash("harnex run c"), ["codex", "claude"]);
  deepEqual(await inBash("harnex run --port ''"), []);
  deepEqual(await inBash("harnex __complete ''"), []);
});

shellTest("bash", "offers ids quoted and never runs them", async () => {
  deepEqual(await inBash("harnex send --id ''"), [
    "cx-1",
    String.raw`\$\(touch\ pwned\)`,
    String.raw`two\ words`,
    "--odd",
    String.raw`it\'s`,
  ]);
  deepEqual(await inBash("harnex send --id = c"), ["cx-1"]);
});

shellTest("zsh", "registers itself when it is evaluated", async () => {
  const code = 'autoload -U compinit; compinit -D; eval "$(cat completions)"; print $_comps[harnex]';
  deepEqual(await inShell("zsh", code), ["_harnex"]);
});

shellTest("fish", "offers commands, options, values and live ids", async () => {
  const offered = async (line: string) =>
    (await inShell("fish", `source completions; complete -C ${JSON.stringify(line)}`))
      .map((row) => row.split("\t")[0]).sort();
  deepEqual(await offered("harnex st"), ["status", "stop"]);
  deepEqual(await offered("harnex events --s"), ["--snapshot"]);
  deepEqual(await offered("harnex run --approvals "), ["ask", "auto", "deny"]);
  deepEqual(await offered("harnex run --port "), []);
  deepEqual(await offered("harnex send --id "), ["$(touch pwned)", "--odd", "cx-1", "it's", "two words"]);
});
