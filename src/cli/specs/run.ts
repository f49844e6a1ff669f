/** `harnex run`: its options, help, and the checks that no single option can make. */

import { HarnexError } from "../../model/errors.ts";
import { remainingWords, requiredWord } from "../parser/argument.ts";
import { defineCommand, type Invocation } from "../parser/command.ts";
import {
  choice,
  duration,
  flag,
  flagBefore,
  integer,
  jsonObject,
  neverBlank,
  optionalText,
  sessionId,
  text,
  unlessBlank,
  type ValuesOf,
  withDefault,
} from "../parser/option.ts";
import { EXIT_USAGE, NO_LIMIT } from "./shared_options.ts";

/** Order as in help: what is used most comes first. */
const RUN_OPTIONS = {
  id: sessionId({ help: "name of the session", defaultText: "a random adjective-noun" }),
  description: unlessBlank(text({ placeholder: "TEXT", help: "short note that status shows" })),
  detach: flag("run in the background; print one JSON line and return"),
  tmux: optionalText({
    placeholder: "NAME",
    help: "run in a tmux window of this name and return; inside tmux in the current tmux session, outside in one " +
      "named harnex",
    defaultText: "the id",
  }),
  context: text({ placeholder: "TEXT", help: "first task, given to the agent at its start" }),
  autoStop: flag("stop the session when that task is done; needs --context"),
  cwd: text({
    placeholder: "DIR",
    completes: "directories",
    help: "where the agent works",
    defaultText: "the current directory",
  }),
  root: text({
    placeholder: "DIR",
    completes: "directories",
    help: "the repository that the session belongs to",
    defaultText: "the git root of its directory",
  }),
  model: text({ placeholder: "MODEL", help: "model, for agents that let it be chosen" }),
  effort: text({ placeholder: "LEVEL", help: "reasoning effort, likewise" }),
  approvals: withDefault(
    choice({ choices: ["auto", "ask", "deny"], help: "who answers when the agent asks for permission" }),
    { value: "auto", text: "auto" },
  ),
  trust: flag("accept the agent's question whether it may trust this directory"),
  maxRuntime: duration({ help: "stop the session after this long; its exit code is then 124" }),
  timeout: withDefault(duration({ placeholder: "SECS", help: "how long a background start may take" }), {
    value: { ms: 5_000 },
    text: "5",
  }),
  inboxTtl: withDefault(
    duration({ placeholder: "SECS", env: "HARNEX_INBOX_TTL", help: "queued messages expire after this" }),
    { value: { ms: 120_000 }, text: "120" },
  ),
  host: withDefault(text({ env: "HARNEX_HOST", placeholder: "HOST", help: "address of the session's API" }), {
    value: "127.0.0.1",
    text: "127.0.0.1",
  }),
  port: integer({
    range: { min: 1, max: 65_535 },
    placeholder: "PORT",
    help: "port of the session's API; it must be free",
    defaultText: "derived from repository and id",
  }),
  meta: jsonObject({
    help: "JSON object that the started event and the dispatch summary repeat; Codex takes model and effort from it",
  }),
  summaryOut: unlessBlank(text({
    placeholder: "PATH",
    completes: "files",
    help: "append the dispatch summary to this file",
    defaultText: "koder/DISPATCH.jsonl if koder/ exists",
  })),
  onDone: text({ placeholder: "CMD", help: "run this by /bin/sh -c when the dispatch has ended" }),
  watch: flagBefore("watch-file", {
    help: "stay and watch: when the agent stalls, tell it to resume, then give up. Not with --detach or --tmux",
  }),
  stallAfter: duration({ help: "with --watch: this long without output is a stall", defaultText: "8m" }),
  maxResumes: integer({
    range: { min: 0, max: NO_LIMIT },
    help: "with --watch: how often to resume before giving up",
    defaultText: "1",
  }),
  preset: choice({
    choices: ["impl", "plan", "gate"],
    code: "invalid",
    help: "with --watch: 8m and 1 resume, 3m and 2, or 15m and 0",
  }),
  watchFile: neverBlank(text({
    placeholder: "PATH",
    completes: "files",
    help: "tell the agent to read this file whenever it changes; also spelled --watch PATH",
  })),
  legacyPty: flag("drive the agent's terminal interface instead of its JSON-RPC server, where it has both"),
};

const RUN_ARGUMENTS = {
  cli: requiredWord({ placeholder: "cli", completes: "agents", help: "the agent: codex, claude, or any program" }),
  agentWords: remainingWords({ placeholder: "agent-args", help: "given to the agent as they are" }),
};

export type RunOptions = ValuesOf<typeof RUN_OPTIONS>;
export type RunArguments = ValuesOf<typeof RUN_ARGUMENTS>;
export type RunInvocation = Invocation<RunOptions, RunArguments>;

export const RUN = defineCommand({
  name: "run",
  summary: "start an agent in a session",
  paragraph: "Starts an agent and keeps it in a session that can be watched, sent messages and stopped under its id. " +
    "In the foreground the terminal behaves as if the agent ran alone; with --detach or --tmux the command returns " +
    "when the session is registered, which may be before the agent is ready. Options may stand before or after " +
    "<cli>; every other word after it, and all that follows --, goes to the agent.",
  usage: ["run <cli> [options] [--] [agent-args...]"],
  words: "agent",
  options: RUN_OPTIONS,
  arguments: RUN_ARGUMENTS,
  examples: [
    {
      note: "hand over one task in the background, wait for its end",
      command: 'harnex run codex --id cx-1 --detach --context "Fix the tests" --auto-stop',
    },
    { note: "a worker in a tmux window that you can look at", command: "harnex run claude --id cl-1 --tmux cl-1" },
  ],
  gotchas: [
    "--detach returns before the agent is ready; send waits for it, so no pause is needed.",
    "--tmux and --watch take the next word as their value only if another word is left to be the cli. " +
    "--tmux=NAME leaves no doubt.",
    "An agent's own option that is spelled like one of these goes after --.",
    "--watch-file and --summary-out are read from the repository's root, wherever the agent works.",
    "An id is unique among the live sessions of one repository; upper and lower case do not differ.",
  ],
  exitStatus: [
    ["0", "with --detach or --tmux: the session is registered"],
    ["1", "it could not be started"],
    ["2", `${EXIT_USAGE}; with --watch: gave up on the agent`],
    ["124", "a background start took longer than --timeout"],
    ["N", "in the foreground: the agent's own status, 128+N after signal N"],
  ],
  check: checkRun,
  load: () => import("../commands/run.ts"),
});

function checkRun({ options }: RunInvocation): void {
  if (options.autoStop && (options.context ?? "").trim() === "") {
    throw new HarnexError("usage", "--auto-stop needs --context: without a task nothing would ever be done");
  }
}

/** What the established tool checks only when it knows that the id is free. */
export function checkWatch({ options }: RunInvocation): void {
  if (options.watch && (options.detach || options.tmux !== undefined)) {
    const other = options.detach ? "--detach" : "--tmux";
    throw new HarnexError("usage", `--watch stays in the foreground and cannot be combined with ${other}`);
  }
  if (options.preset !== undefined && !options.watch) {
    throw new HarnexError("invalid", "--preset needs --watch: it sets when a stall is resumed");
  }
}
