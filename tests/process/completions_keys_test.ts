/**
 * Completion as a person meets it: the real shells in a terminal, the Tab key, and the real program behind them. What
 * was completed is told by the command that Enter then runs.
 */

import { join } from "node:path";
import { equal } from "../support/assert.ts";
import { harnexProgram } from "../support/cli.ts";
import { createSessions } from "../support/sessions.ts";
import { onPath } from "../support/on_path.ts";

/** Tab is pressed at the end of each; what the shell makes of it. */
const COMPLETED: readonly [typed: string, whole: string][] = [
  ["expl", "explain"],
  ["wait --unt", "wait --until"],
  ["pane --id cx-look", "pane --id cx-lookup"],
  ["stop --id=cx-look", "stop --id=cx-lookup"],
  ["wait --until task_c", "wait --until task_complete"],
  ["run clau", "run claude"],
  ["agents-guide 04", "agents-guide 04_monitoring"],
  ["recipes show 02", "recipes show 02_chain_implement"],
  ["guide conf", "guide configuration"],
];

const SHELLS = {
  bash: { argv: ["bash", "--norc", "--noprofile", "-i"], load: 'eval "$(harnex completions bash)"' },
  zsh: { argv: ["zsh", "-f", "-i"], load: 'autoload -U compinit; compinit -D; eval "$(harnex completions zsh)"' },
  fish: { argv: ["fish", "--no-config", "-i"], load: "harnex completions fish | source" },
} as const;

/** Completion asks the real program; any other command says what it was called with. */
function shim(): string {
  const harnex = harnexProgram().map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  return `#!/bin/sh\ncase $1 in __complete | completions) exec ${harnex} "$@" ;; esac\nprintf 'GOT(%s)\\n' "$*"\n`;
}

for (const [shell, { argv, load }] of Object.entries(SHELLS)) {
  const isThere = onPath(shell);
  if (!isThere) {
    console.log(`skipped: ${shell} is not installed (apt-get install ${shell}), so its Tab key is not tried`);
  }
  Deno.test({
    name: `Tab in ${shell} completes commands, options, live ids, topics and agents`,
    ignore: !isThere,
    async fn() {
      await using sessions = createSessions();
      await sessions.startReady("cx-lookup", ["repl"]);
      const bin = join(sessions.sandbox.path, "bin");
      Deno.mkdirSync(bin);
      Deno.writeTextFileSync(join(bin, "harnex"), shim(), { mode: 0o755 });
      await using terminal = await sessions.open(argv, {
        env: { PATH: `${bin}:${sessions.env["PATH"]}` },
      });
      await terminal.type(`${load}\r`);
      await terminal.type("harnex ready\r");
      await terminal.output.until(/GOT\(ready\)/);
      for (const [index, [typed, whole]] of COMPLETED.entries()) {
        await terminal.type(`harnex ${typed}\t\r`);
        const [, got = ""] = await terminal.output.until(new RegExp(`^(?:[^]*?GOT\\(([^)]*)\\)){${index + 2}}`));
        equal(got, whole, `${shell}: ${typed}`);
      }
      await terminal.type("exit\r");
      await terminal.exit;
    },
  });
}
