/** `harnex send`: its body. */

import { resolve } from "node:path";
import { repoRootOf } from "../../client/repo.ts";
import { sendMessage, type SendOptions } from "../../client/send.ts";
import { openStore } from "../../client/store.ts";
import { HarnexError } from "../../model/errors.ts";
import { setting } from "../../model/setting.ts";
import { slugOf } from "../../store/paths.ts";
import type { CommandContext } from "../context.ts";
import { spinWhile } from "../ui/spinner.ts";
import type { SendInvocation } from "../specs/send.ts";

/** The session refuses longer bodies; a text of this size belongs in a file that the message names. */
const TEXT_LIMIT = 1_000_000;

export async function execute(invocation: SendInvocation, context: CommandContext): Promise<number> {
  const { options } = invocation;
  const { platform, output } = context;
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  const text = options.submitOnly ? "" : withRelay(await readText(invocation, context), { options, context, repoRoot });
  if (text === "" && !options.submitOnly) {
    throw new HarnexError("usage", "nothing to send: give --message TEXT, words, or text on stdin");
  }
  const message: SendOptions = {
    wanted: { id: options.id, repoRoot, cli: options.cli },
    ...directAddress(invocation),
    text,
    mode: options.submitOnly ? "enter" : options.noSubmit ? "type" : "submit",
    force: options.force,
    key: options.key,
    wait: options.waitForIdle ? "idle" : options.noWait ? "queued" : "delivered",
    budgetMs: options.timeout.ms,
    progress: options.verbose ? (news) => output.note(`harnex send: ${news}`) : undefined,
  };
  const what = message.wait === "idle" ? `waiting for ${options.id} to finish its turn` : `sending to ${options.id}`;
  const outcome = await spinWhile(context, what, () => sendMessage(openStore(platform), message));
  output.json(outcome.answer);
  return outcome.code;
}

async function readText({ options, arguments: words }: SendInvocation, context: CommandContext): Promise<string> {
  if (options.message !== undefined) return options.message;
  if (words.text.length > 0) return words.text.join(" ");
  if (context.platform.terminal.stdinIsTerminal) return "";
  return (await context.readAllStdin({ maxBytes: TEXT_LIMIT })).replace(/\n$/, "");
}

function directAddress({ options: { host, port, token } }: SendInvocation) {
  if (port === undefined && token === undefined) return {};
  if (port === undefined || token === undefined) {
    throw new HarnexError("usage", "--port and --token go together; without them --id finds the session");
  }
  return { direct: { host: host ?? "127.0.0.1", port, token } };
}

/** From inside another session the text says who sends it. */
function withRelay(
  text: string,
  { options, context, repoRoot }: { options: SendInvocation["options"]; context: CommandContext; repoRoot: string },
): string {
  const { env, clock } = context.platform;
  const sender = setting(env, "HARNEX_ID");
  const cli = setting(env, "HARNEX_SESSION_CLI");
  if (sender === undefined || cli === undefined || setting(env, "HARNEX_SESSION_ID") === undefined) return text;
  const toItself = slugOf(sender) === slugOf(options.id) && setting(env, "HARNEX_SESSION_REPO_ROOT") === repoRoot;
  const wanted = options.relay ?? !toItself;
  if (!wanted || text === "" || text.trimStart().startsWith("[harnex relay ")) return text;
  return `[harnex relay from=${cli} id=${sender} at=${new Date(clock.now()).toISOString()}]\n${text}`;
}
