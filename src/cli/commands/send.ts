/** `harnex send`: sends a message to a session. */

import { withRelay } from "../../client/relay.ts";
import { sendMessage, type SendOptions } from "../../client/send.ts";
import { resolvePlace } from "../../client/target.ts";
import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import { remainingWords } from "../parser/argument.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { duration, flag, integer, neverBlank, text, toggle, withDefault } from "../parser/option.ts";
import { CLI, EXIT_USAGE, REPO, REQUIRED_ID } from "../parser/shared_options.ts";
import { spinWhile } from "../ui/spinner.ts";

const OPTIONS = {
  id: REQUIRED_ID,
  message: text({ placeholder: "TEXT", help: "message text, instead of arguments or stdin" }),
  waitForIdle: flag("return when the turn that this message started has ended"),
  noWait: flag("return when the message is queued"),
  timeout: withDefault(
    duration({ placeholder: "SECS", help: "total time limit for finding the session, delivery and waiting" }),
    { value: { ms: 120_000 }, text: "120" },
  ),
  force: flag("deliver the message even if the agent is busy"),
  noSubmit: flag("type the text without pressing Enter"),
  submitOnly: flag("press Enter only, without text"),
  key: neverBlank(
    text({
      placeholder: "KEY",
      help: "idempotency key: a second send with this key sends nothing and reports on the first",
    }),
  ),
  relay: toggle(
    "put a line before the text that names the sending session; default: when sent from inside a session",
  ),
  repo: REPO,
  cli: CLI,
  host: text({ placeholder: "HOST", help: "host of the session's API, to call it directly" }),
  port: integer({
    placeholder: "PORT",
    range: { min: 1, max: 65_535 },
    help: "port of the session's API, to call it directly",
  }),
  token: text({ placeholder: "TOKEN", help: "bearer token of the session's API, to call it directly" }),
  verbose: flag("log the progress on stderr"),
};

const ARGUMENTS = {
  text: remainingWords({ placeholder: "text", help: "message text, joined with spaces; default: stdin" }),
};

type Call = InvocationOf<typeof OPTIONS, typeof ARGUMENTS>;

export const command = defineCommand({
  name: "send",
  paragraph:
    "Sends a message to the agent as soon as the agent is at its prompt. Until then the message is queued. The " +
    "text comes from --message, from the arguments, or from stdin. Prints one JSON line.",
  usage: ["send --id ID [options] [text...]"],
  options: OPTIONS,
  arguments: ARGUMENTS,
  examples: [
    {
      note: "send a task and wait for the end of the turn",
      command: 'harnex send --id cx-1 --message "Run the tests" --wait-for-idle --timeout 600',
    },
    { note: "send a long text from a file", command: "harnex send --id cx-1 < task.md" },
  ],
  gotchas: [
    "The end of a turn is not the end of the work. Check the result.",
    "Put a text that begins with a dash after --, or use --message=TEXT.",
    "Other users of the machine can see --token while the command runs. --id needs no token.",
  ],
  exitStatus: [
    ["0", "delivered, queued (--no-wait), or the turn has ended (--wait-for-idle)"],
    ["1", "not delivered, typed but not accepted, or the session ended"],
    ["2", EXIT_USAGE],
    ["124", "--timeout expired"],
  ],
  check: ({ options, arguments: words }: Call) => {
    if (options.noSubmit && options.submitOnly) {
      throw new HarnexError("usage", "--no-submit and --submit-only leave nothing to do: use one of them");
    }
    if (options.submitOnly && (options.message !== undefined || words.text.length > 0)) {
      throw new HarnexError("usage", "--submit-only presses Enter and types no text: remove the text");
    }
  },
  execute,
});

/** The session refuses longer bodies. Put a longer text into a file and name the file in the message. */
const TEXT_LIMIT = 1_000_000;

async function execute(invocation: Call, context: CommandContext): Promise<number> {
  const { options } = invocation;
  const { platform: { clock, env }, output } = context;
  const { store, repoRoot } = await resolvePlace(context, options);
  const given = options.submitOnly ? "" : await readText(invocation, context);
  const to = { id: options.id, repoRoot };
  const text = withRelay(given, { env, now: clock.now(), to, relay: options.relay });
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
  const outcome = await spinWhile(context, what, () => sendMessage(store, message));
  output.json(outcome.answer);
  return outcome.code;
}

async function readText({ options, arguments: words }: Call, context: CommandContext): Promise<string> {
  if (options.message !== undefined) return options.message;
  if (words.text.length > 0) return words.text.join(" ");
  if (context.platform.terminal.stdinIsTerminal) return "";
  return (await context.readAllStdin({ maxBytes: TEXT_LIMIT })).replace(/\n$/, "");
}

function directAddress({ options: { host, port, token } }: Call) {
  if (port === undefined && token === undefined) return {};
  if (port === undefined || token === undefined) {
    throw new HarnexError("usage", "--port and --token go together; without them --id finds the session");
  }
  return { direct: { host: host ?? "127.0.0.1", port, token } };
}
