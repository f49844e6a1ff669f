/**
 * The completion stubs in the real shells, with a stand-in for harnex that answers as the program would. What the
 * program answers is tested in tests/unit/cli_completion_test.ts. A shell that is not installed is skipped, and says so.
 */

import { join } from "node:path";
import { type Shell, SHELLS, STUBS } from "../../src/cli/completion/shells.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { onPath } from "../support/on_path.ts";

/** Ids that a careless script would run, split or take for an option. */
const ODD = ["cx-1", "$(touch pwned)", "two words", "--odd", "it's"];
const FAKE = `#!/bin/sh
[ "$1 $3" = "__complete --" ] || exit 2
shift 3
printf '<%s>\\n' "$@" > asked
case " $*" in
  *" odd "*) printf '%s\\n' words ${ODD.map((id) => `'${id.replaceAll("'", `'\\''`)}'`).join(" ")} ;;
  *" files "*) echo files ;;
  *" folders "* | *=./fol*) echo directories ;;
esac
`;

/** Runs shell code in a folder that holds the script as `completions` and the fake on PATH. */
async function inShell(shell: Shell, code: string): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "completions"), STUBS[shell]);
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
for (const shell of SHELLS) {
  shellTest(shell, "is accepted", async () => deepEqual(await inShell(shell, NO_EXECUTION[shell]), []));
}

/** What bash offers for these words, the last of which is being typed. */
const inBash = (words: string) =>
  inShell(
    "bash",
    `. ./completions; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _harnex
    [ \${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`,
  );

shellTest("bash", "passes every word up to the cursor", async () => {
  const asked = (words: string, cursor: number) =>
    inShell("bash", `. ./completions; COMP_WORDS=(${words}); COMP_CWORD=${cursor}; _harnex; cat asked`);
  deepEqual(await asked("harnex ''", 1), ["<>"]);
  deepEqual(await asked("harnex run --approvals = d", 4), ["<run>", "<--approvals>", "<=>", "<d>"]);
  deepEqual(await asked("harnex wait --id later", 2), ["<wait>", "<--id>"]);
});

shellTest("bash", "offers what it is given quoted and never runs it", async () => {
  deepEqual(await inBash("harnex odd ''"), [
    "cx-1",
    String.raw`\$\(touch\ pwned\)`,
    String.raw`two\ words`,
    "--odd",
    String.raw`it\'s`,
  ]);
});

shellTest("zsh", "registers itself when it is evaluated", async () => {
  const code = 'autoload -U compinit; compinit -D; eval "$(cat completions)"; print $_comps[harnex]';
  deepEqual(await inShell("zsh", code), ["_harnex"]);
});

/** What fish offers for a line; without the descriptions. */
const inFish = async (line: string) =>
  (await inShell("fish", `source completions; complete -C ${JSON.stringify(line)}`)).map((row) => row.split("\t")[0]);

shellTest("fish", "passes every word up to the cursor", async () => {
  const asked = (line: string) => inShell("fish", `source completions; complete -C ${JSON.stringify(line)}; cat asked`);
  deepEqual(await asked("harnex "), ["<>"]);
  deepEqual(await asked("harnex run 'two words' --approvals=d"), ["<run>", "<two words>", "<--approvals=d>"]);
});

shellTest("fish", "offers what it is given and never runs it", async () => {
  deepEqual((await inFish("harnex odd ")).sort(), [...ODD].sort());
});

shellTest("fish", "completes paths, after an option's = too", async () => {
  deepEqual(await inShell("fish", "mkdir folder; source completions; complete -C 'harnex folders ./fol'"), [
    "./folder/\tDirectory",
  ]);
  deepEqual(await inShell("fish", "mkdir folder; source completions; complete -C 'harnex --cwd=./fol'"), [
    "--cwd=./folder/\tDirectory",
  ]);
  deepEqual(await inShell("fish", "source completions; complete -C 'harnex files compl'"), ["completions"]);
});
