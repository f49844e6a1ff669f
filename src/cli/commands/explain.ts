/** `harnex explain`: shows the evidence for an agent's state. */

import { resolve } from "node:path";
import { callTarget, resolveTarget } from "../../client/target.ts";
import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { flag, integer, sessionId, text, withDefault } from "../parser/option.ts";
import { CLI, EXIT_FAILED, EXIT_USAGE, REPO } from "../parser/shared_options.ts";
import { age, type Look, when } from "../ui/cells.ts";

/** The maximum size of a terminal. */
const MAX_SIZE = 1_000;

const OPTIONS = {
  id: sessionId({ help: "the session" }),
  json: flag("print one JSON line"),
  recording: text({
    placeholder: "FILE",
    completes: "files",
    help: "a recorded terminal stream, such as a transcript, instead of a session",
  }),
  agent: text({ placeholder: "NAME", completes: "agents", help: "with --recording: the agent that printed it" }),
  rows: withDefault(integer({ range: { min: 2, max: MAX_SIZE }, help: "with --recording: terminal height" }), {
    value: 40,
    text: "40",
  }),
  columns: withDefault(
    integer({ range: { min: 2, max: MAX_SIZE }, help: "with --recording: terminal width" }),
    { value: 120, text: "120" },
  ),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "explain",
  paragraph: "Shows the state of a session, the source that determined it, the reports of all other sources, and the " +
    "screen. With --recording it replays a recorded terminal stream through an agent's adapter and prints every " +
    "state that the screen shows.",
  usage: ["explain --id ID [options]", "explain --recording FILE --agent NAME [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "why is this session busy?", command: "harnex explain --id cl-1" },
    {
      note: "which states would harnex have detected?",
      command: "harnex explain --recording session.log --agent claude",
    },
  ],
  gotchas: [
    "Sources are listed strongest first. A weaker source never overrules a stronger one about the same turn.",
    "A recording depends on the size of its terminal. Give --rows and --columns if it was not 40 by 120.",
  ],
  exitStatus: [["0", "the explanation was printed"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  check: ({ options }: Call) => {
    if ((options.id === undefined) === (options.recording === undefined)) {
      throw new HarnexError("usage", "give --id ID, or --recording FILE with --agent NAME");
    }
    if (options.recording !== undefined && options.agent === undefined) {
      throw new HarnexError("usage", "--recording needs --agent NAME: the agent that printed it");
    }
  },
  execute,
});

const ANSWER_MS = 5_000;
/** The maximum size of a recording: a day of output. Cut out the relevant part of a longer one. */
const RECORDING_LIMIT = 64 << 20;

async function execute(invocation: Call, context: CommandContext): Promise<number> {
  const { id, recording } = invocation.options;
  if (id !== undefined) return await explainSession(id, invocation, context);
  return await explainRecording(recording ?? "", invocation, context);
}

async function explainSession(id: string, { options }: Call, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const target = await resolveTarget(context, { id, repo: options.repo, cli: options.cli });
  const { record } = target.session;
  const body = await callTarget(target, { method: "GET", path: "/explain", limitMs: ANSWER_MS });
  if (options.json) {
    output.json({ ...body, id: record.id });
    return 0;
  }
  const look: Look = { isTerminal: output.isTerminal, now: platform.clock.now(), home: undefined };
  const since = output.isTerminal
    ? `for ${age((look.now - Date.parse(String(body["since"]))) / 1000)}`
    : `since ${body["since"]}`;
  output.line(`${record.id} is ${body["agent_state"]} (${body["input_state"]}) ${since}, by: ${body["source"]}`);
  output.line(`turn: ${body["turn"] === null ? "none" : JSON.stringify(body["turn"])}`);
  if (body["blocked"] !== null) output.line(`asks: ${JSON.stringify(body["blocked"])}`);
  const evidence = Array.isArray(body["evidence"]) ? body["evidence"] : [];
  output.table(
    [{ title: "SOURCE" }, { title: "SAYS" }, { title: "SINCE" }, { title: "LAST" }, { title: "AGREES" }],
    evidence.map((row) =>
      [row.source, row.says, when(row.since, look), when(row.last, look), row.agrees ? "yes" : "no"].map(String)
    ),
  );
  const screen = Array.isArray(body["screen"]) ? body["screen"] : [];
  if (screen.length > 0) output.line("screen:");
  for (const row of screen) output.line(`  ${row}`);
  return 0;
}

async function explainRecording(
  path: string,
  { options }: Call,
  { platform, output, cwd }: CommandContext,
): Promise<number> {
  const { AGENTS } = await import("../../adapters/mod.ts");
  const { readAgentFile } = await import("../../store/agent_files.ts");
  const name = options.agent ?? "";
  const adapter = await AGENTS.findScreen(name, await readAgentFile(platform.files, platform.env, name));
  const bytes = await platform.files.readRange(resolve(cwd, path), { offset: 0, maxBytes: RECORDING_LIMIT });
  if (bytes === undefined) throw new HarnexError("not_found", `no such file: ${path}`);
  const { replay } = await import("../../host/turn/replay.ts");
  for await (const { offset, signal } of replay(adapter, bytes, { rows: options.rows, columns: options.columns })) {
    if (options.json) output.json({ offset, ...signal });
    else output.line(`${String(offset).padStart(9)}  ${signal.kind} (${signal.label})`);
  }
  return 0;
}
