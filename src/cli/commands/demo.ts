/** `harnex demo`: runs the main commands on a built-in agent and shows each before its output. */

import { join } from "node:path";
import { launchEnvironment } from "../../client/launch.ts";
import { HarnexError } from "../../model/errors.ts";
import { quotedForShell } from "../../text/quoting.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand } from "../parser/command.ts";
import { EXIT_FAILED, EXIT_USAGE } from "../parser/shared_options.ts";

export const command = defineCommand({
  name: "demo",
  paragraph:
    "Runs run, send, wait, logs, events and stop on a small built-in agent, and shows each command before its " +
    "output. It uses its own state directory and deletes it at the end.",
  usage: ["demo"],
  options: {},
  arguments: {},
  examples: [
    { note: "the tour", command: "harnex demo" },
    { note: "save the tour to a file", command: "harnex demo > tour.txt" },
  ],
  gotchas: ["The demo needs only the program script. harnex doctor checks for it."],
  exitStatus: [["0", "every step succeeded"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  execute,
});

interface Step {
  say: string;
  words: readonly string[];
}

const ID = "demo-1";
const STEPS: readonly Step[] = [
  {
    say: "Start an agent in the background. The JSON line shows where it runs.",
    words: ["run", "demo-agent", "--id", ID, "--detach", "--description", "the guided tour"],
  },
  {
    say: "Send it a task, and wait for the end of its turn.",
    words: ["send", "--id", ID, "--message", "count the words in this sentence", "--wait-for-idle"],
  },
  { say: "List the sessions and their states.", words: ["status"] },
  { say: "Print its current screen.", words: ["pane", "--id", ID] },
  { say: "Print its output as text.", words: ["logs", "--id", ID, "--plain"] },
  {
    say: "A script waits for a completed turn like this. A turn that is already complete counts.",
    words: ["wait", "--id", ID, "--until", "task_complete", "--timeout", "30"],
  },
  { say: "Stop it, and wait until it has exited.", words: ["stop", "--id", ID, "--wait"] },
  { say: "Print its events, which a program can follow.", words: ["events", "--id", ID, "--snapshot"] },
  { say: "Print how it ended.", words: ["wait", "--id", ID] },
];
const STEP_MS = 60_000;

async function execute(_call: unknown, { platform, output }: CommandContext): Promise<number> {
  const { files, processes, system } = platform;
  const root = await files.makeTemporary("harnex-demo-");
  const project = join(root, "project");
  const bin = join(root, "bin");
  for (const directory of [project, bin]) await files.makeDirectory(directory);
  // The built-in agent gets its own name, as if it were installed.
  const agent = join(bin, "demo-agent");
  const self = system.self.map(quotedForShell).join(" ");
  await files.replace(agent, `#!/bin/sh\nexec ${self} __demo-agent\n`);
  await files.makeExecutable(agent);
  const base = launchEnvironment(platform.env);
  const env = { ...base, PATH: `${bin}:${base["PATH"] ?? "/usr/bin:/bin"}`, HARNEX_STATE_DIR: join(root, "state") };
  const harnex = (words: readonly string[]) =>
    processes.run([...system.self, ...words], { cwd: project, env, clearEnv: true, timeoutMs: STEP_MS });

  output.line("This tour runs real commands in a temporary state directory.");
  try {
    for (const { say, words } of STEPS) {
      output.line();
      output.line({ text: `# ${say}`, style: "dim" });
      output.line({ text: `$ harnex ${words.map(shown).join(" ")}`, style: "bold" });
      const { code, stdout, stderr } = await harnex(words);
      for (const line of `${stdout}${stderr}`.trimEnd().split("\n")) output.line(line);
      if (code !== 0) throw new HarnexError("failed", `the step above exited ${code}; try: harnex doctor`);
    }
    output.line();
    output.line("That is the loop: run, send, wait, look, stop. Next: harnex guide, and harnex run --help.");
    return 0;
  } finally {
    await harnex(["stop", "--all", "--wait"]);
    await files.removeTree(root);
  }
}

function shown(word: string): string {
  return /\s/.test(word) ? `"${word}"` : word;
}
