/** `harnex answer`: answers the question that an agent is blocked on. */

import { answerQuestion } from "../../client/answer.ts";
import { resolveTarget } from "../../client/target.ts";
import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { flag, text } from "../parser/option.ts";
import { CLI, EXIT_USAGE, REPO, REQUIRED_ID } from "../parser/shared_options.ts";
import { spinWhile } from "../ui/spinner.ts";

const OPTIONS = {
  id: REQUIRED_ID,
  choice: text({ placeholder: "LABEL", help: "label of the choice, as the question shows it" }),
  approve: flag("allow the request once"),
  deny: flag("deny the request"),
  message: text({ placeholder: "TEXT", help: "text for the agent, sent with the answer" }),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "answer",
  paragraph:
    "Answers a permission, trust or other question of a blocked agent: with --choice by the label of a choice, or " +
    "with --approve or --deny. If the question is no longer open, the command fails and answers nothing. The " +
    "answer is recorded as an event.",
  usage: ["answer --id ID (--choice LABEL | --approve | --deny) [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "allow the command that the agent asks about", command: "harnex answer --id cx-1 --approve" },
    { note: "choose by label", command: 'harnex answer --id cl-1 --choice "No, exit"' },
  ],
  gotchas: [
    "status --json shows the open question and its choices in the field blocked.",
    "With --approvals auto harnex answers permission questions itself.",
  ],
  exitStatus: [
    ["0", "answered"],
    ["1", "no such question, choice or session; nothing was answered"],
    ["2", EXIT_USAGE],
  ],
  check: ({ options }: Call) => {
    const ways = [options.choice !== undefined, options.approve, options.deny].filter((given) => given).length;
    if (ways !== 1) throw new HarnexError("usage", "give exactly one of --choice LABEL, --approve and --deny");
  },
  execute,
});

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const target = await resolveTarget(context, options);
  const { id } = target.session.record;
  const { message } = options;
  const answer = options.choice === undefined
    ? { kind: "decision", decision: options.approve ? "approve" : "deny" } as const
    : { kind: "choice", label: options.choice } as const;
  const answered = await spinWhile(context, `answering ${id}`, () => answerQuestion(target, { answer, message }));
  context.output.json({ ...answered, id });
  return 0;
}
