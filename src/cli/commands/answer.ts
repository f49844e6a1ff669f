/** `harnex answer`: answers the question that an agent is blocked on. */

import { resolve } from "node:path";
import { createDeadline } from "../../platform/waiting.ts";
import { repoRootOf } from "../../client/repo.ts";
import { addressOf, createSessionClient } from "../../client/session_client.ts";
import { getLive, openStore } from "../../client/store.ts";
import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { flag, text } from "../parser/option.ts";
import { CLI, EXIT_USAGE, REPO, REQUIRED_ID } from "../parser/shared_options.ts";
import { spinWhile } from "../ui/spinner.ts";

const OPTIONS = {
  id: REQUIRED_ID,
  choice: text({ placeholder: "LABEL", help: "the answer, by its label as the question shows it" }),
  approve: flag("allow what the agent asks for, once"),
  deny: flag("refuse it"),
  message: text({ placeholder: "TEXT", help: "say this to the agent with the answer" }),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "answer",
  summary: "answer the question that an agent is blocked on",
  paragraph: "Answers a permission, trust or other question of a blocked session: by the label of a choice, or by " +
    "--approve or --deny. Nothing is answered when the agent asks nothing, or something else by now. The answer is " +
    "recorded as an event.",
  usage: ["answer --id ID (--choice LABEL | --approve | --deny) [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "let it run the command that it asks about", command: "harnex answer --id cx-1 --approve" },
    { note: "pick by label", command: 'harnex answer --id cl-1 --choice "No, exit"' },
  ],
  gotchas: [
    "status --json shows the open question and its choices under blocked.",
    "Agents started with --approvals auto ask little: their permission questions are answered for you.",
  ],
  exitStatus: [
    ["0", "answered"],
    ["1", "nothing was answered: no such question, choice or session"],
    ["2", EXIT_USAGE],
  ],
  check: ({ options }: Call) => {
    const ways = [options.choice !== undefined, options.approve, options.deny].filter((given) => given).length;
    if (ways !== 1) throw new HarnexError("usage", "give exactly one of --choice LABEL, --approve and --deny");
  },
  execute,
});

/** The agent has to be seen to have taken the answer, which takes it a moment. */
const ANSWER_MS = 15_000;

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  const { record } = await getLive(openStore(platform), { id: options.id, repoRoot, cli: options.cli });
  const body = {
    by: "answer",
    ...(options.choice === undefined ? { decision: options.approve ? "approve" : "deny" } : { choice: options.choice }),
    ...(options.message === undefined ? {} : { message: options.message }),
  };
  using deadline = createDeadline(platform, ANSWER_MS);
  const client = createSessionClient(addressOf(record));
  const { status, body: answer } = await spinWhile(
    context,
    `answering ${record.id}`,
    () => client.call("POST", "/answer", { body, signal: deadline.signal }),
  );
  if (status !== 200) throw new HarnexError("failed", String(answer["error"] ?? `the session answered ${status}`));
  output.json({ ...answer, id: record.id });
  return 0;
}
