/** `harnex logs`: prints a session's transcript. */

import { resolve } from "node:path";
import { findFiles } from "../../client/find_files.ts";
import { awaitEnd, followFile } from "../../client/follow.ts";
import { lastPlainLines } from "../../client/plain_log.ts";
import { repoRootOf } from "../../client/repo.ts";
import { openStore } from "../../client/store.ts";
import { HarnexError } from "../../model/errors.ts";
import { readSlices } from "../../store/slices.ts";
import { findTail } from "../../store/transcript.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { flag, integer, withDefault } from "../parser/option.ts";
import { CLI, EXIT_FAILED, EXIT_USAGE, NO_LIMIT, REPO, REQUIRED_ID } from "../parser/shared_options.ts";

const OPTIONS = {
  id: REQUIRED_ID,
  lines: withDefault(integer({ range: { min: 0, max: NO_LIMIT }, help: "how many lines from the end" }), {
    value: 200,
    text: "200",
  }),
  follow: flag("go on printing until the session exits"),
  plain: flag("readable text: no escape sequences, no redrawn lines"),
  raw: flag("the agent's bytes as they are, on a terminal, too"),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "logs",
  summary: "print what the agent printed",
  paragraph: "Prints the end of a session's transcript: all that the agent wrote to its terminal, or, for an agent " +
    "without one, its messages, commands and file changes as text. Works for live and for ended sessions.",
  usage: ["logs --id ID [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "the last words of a worker, readable", command: "harnex logs --id cx-1 --lines 40 --plain" },
    { note: "look over its shoulder", command: "harnex logs --id cx-1 --follow" },
  ],
  gotchas: [
    "In a pipe the agent's bytes come as they are; on a terminal, which would obey them, only their text.",
    "Raw bytes are hard to read; use --plain, or pane for what is on its screen now.",
    "Runs that use the same id one after the other share one transcript.",
  ],
  exitStatus: [["0", "printed"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  check({ options }) {
    if (options.plain && options.follow) {
      throw new HarnexError("usage", "--plain shows what is there; use --follow without it");
    }
    if (options.plain && options.raw) throw new HarnexError("usage", "--plain and --raw contradict each other");
  },
  execute,
});

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const { files } = platform;
  const store = openStore(platform);
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  const found = await findFiles(store, { id: options.id, repoRoot, cli: options.cli });
  const missing = () => new HarnexError("not_found", `the transcript ${found.output} is missing`);

  // What a person reads is drawn first, as it was on the agent's screen; while it grows it comes as it is printed.
  if (options.plain || (output.isTerminal && !options.raw && !options.follow)) {
    const lines = await lastPlainLines(files, found.output, options.lines);
    if (lines === undefined) throw missing();
    for (const line of lines) output.line(line);
    return 0;
  }

  const tail = await findTail(files, found.output, { lines: options.lines });
  if (tail === undefined) throw missing();
  let offset = tail.start;
  const transcript = output.transcript(options.raw ? "raw" : "safe");
  const show = (bytes: Uint8Array) => {
    offset += bytes.length;
    transcript(bytes);
  };
  const showUpTo = async (end: number) => {
    for await (const bytes of readSlices(files, found.output, offset)) {
      show(bytes.subarray(0, end - offset));
      if (offset === end) break;
    }
  };
  await showUpTo(tail.end);
  if (!options.follow || found.live === undefined) return 0;
  const ended = new AbortController();
  const end = awaitEnd(store, found.live, ended.signal).then(() => ended.abort());
  for await (const news of followFile(files, found.output, { offset, signal: ended.signal })) {
    if (news.kind !== "bytes") {
      throw new HarnexError("failed", `the transcript ${found.output} was ${news.kind === "gone" ? "removed" : "cut"}`);
    }
    show(news.bytes);
  }
  await end;
  await showUpTo(Infinity); // more cannot come
  return 0;
}
