/** `harnex __demo-agent`: the agent of the tour. It reads one task per line, works briefly, and reports the result. */

import type { CommandContext } from "../context.ts";
import { defineCommand } from "../parser/command.ts";

export const command = defineCommand({
  name: "__demo-agent",
  paragraph: "A small line-based agent. harnex demo shows its commands with it.",
  usage: ["__demo-agent"],
  options: {},
  arguments: {},
  examples: [],
  gotchas: [],
  exitStatus: [["0", "/exit ended it"]],
  execute,
});

const WORK_MS = 1_200;

async function execute(_call: unknown, { platform, output }: CommandContext): Promise<number> {
  const decoder = new TextDecoder();
  let typed = "";
  output.line("demo-agent: a stand-in for a real one. /exit ends it.");
  prompt();
  for await (const bytes of platform.terminal.input(new AbortController().signal)) {
    const lines = (typed + decoder.decode(bytes, { stream: true })).split("\n");
    typed = lines.pop() ?? "";
    for (const task of lines.map((line) => line.trim())) {
      if (task === "/exit") return 0;
      if (task !== "") await work(task);
      prompt();
    }
  }
  return 0;

  function prompt(): void {
    platform.terminal.writeOut(new TextEncoder().encode("> "));
  }

  async function work(task: string): Promise<void> {
    output.line(`working on: ${task}`);
    await platform.clock.sleep(WORK_MS);
    output.line(`done: that is ${task.split(/\s+/).length} words.`);
  }
}
