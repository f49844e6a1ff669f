/** `harnex answer`: its body. */

import { resolve } from "node:path";
import { createDeadline } from "../../platform/waiting.ts";
import { repoRootOf } from "../../client/repo.ts";
import { addressOf, createSessionClient } from "../../client/session_client.ts";
import { getLive, openStore } from "../../client/store.ts";
import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import { spinWhile } from "../ui/spinner.ts";
import type { AnswerInvocation } from "../specs/answer.ts";

/** The agent has to be seen to have taken the answer, which takes it a moment. */
const ANSWER_MS = 15_000;

export async function execute({ options }: AnswerInvocation, context: CommandContext): Promise<number> {
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
