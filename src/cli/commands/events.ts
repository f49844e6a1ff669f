/** `harnex events`: prints a session's events. */

import { resolve } from "node:path";
import { findFiles } from "../../client/find_files.ts";
import { awaitEnd, followFile } from "../../client/follow.ts";
import { repoRootOf } from "../../client/repo.ts";
import { openStore } from "../../client/store.ts";
import { HarnexError, messageOf } from "../../model/errors.ts";
import { parseEvent, type ReadEvent, SCHEMA_VERSION } from "../../model/events.ts";
import type { ExitRecord } from "../../model/session.ts";
import { readEvents } from "../../store/event_log.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { instant, toggle, withDefault } from "../parser/option.ts";
import { CLI, EXIT_USAGE, REPO, REQUIRED_ID } from "../parser/shared_options.ts";

const OPTIONS = {
  id: REQUIRED_ID,
  follow: withDefault(
    toggle("whether to go on until the session exits; --snapshot means --no-follow", {
      aliases: { snapshot: "no-follow" },
    }),
    { value: true, text: "follow" },
  ),
  from: instant({ help: "only events at or after this ISO 8601 time" }),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "events",
  summary: "print a session's events as JSON lines",
  paragraph: "Prints what happened in a session, one JSON object a line, and goes on as it happens until the session " +
    "exits. Version 1 of the format only ever gains fields.",
  usage: ["events --id ID [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "what has happened so far", command: "harnex events --id cx-1 --snapshot" },
    { note: "from a point in time on", command: "harnex events --id cx-1 --from 2026-01-31T09:30:00Z" },
  ],
  gotchas: [
    "It follows by default: a script that wants what is there now says --snapshot.",
    "seq begins at 1 in every run; session_id tells runs with the same id apart.",
  ],
  exitStatus: [
    ["0", "the session has exited, or the snapshot is printed"],
    ["1", "the events are missing, were cut off, or disappeared"],
    ["2", `${EXIT_USAGE}, or --from is not an ISO 8601 time`],
  ],
  execute,
});

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const { files } = platform;
  const store = openStore(platform);
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  const { events: path, live, lost } = await findFiles(store, { id: options.id, repoRoot, cli: options.cli });
  const show = (event: ReadEvent) => {
    if (options.from === undefined || Date.parse(event.ts) >= options.from.ms) output.json(event);
  };

  const size = (await files.stat(path))?.size;
  if (size === undefined) throw new HarnexError("failed", `the event log ${path} is missing`);
  if (!options.follow || live === undefined) {
    let last: ReadEvent | undefined;
    for await (const event of readEvents(files, path)) {
      show(event);
      if (event.session_id === lost?.session_id) last = event;
    }
    const now = platform.clock.now();
    const untold = lost !== undefined && last?.type !== "exited";
    if (untold && (options.from === undefined || now >= options.from.ms)) output.json(lostEvent(lost, last, now));
    return 0;
  }

  const sessionId = live.record.session_id;
  let last: ReadEvent | undefined;
  const ended = new AbortController();
  const end = awaitEnd(store, live, ended.signal).finally(() => ended.abort());
  const decoder = new TextDecoder();
  let pending = "";
  const take = (bytes: Uint8Array): boolean => {
    const lines = (pending + decoder.decode(bytes, { stream: true })).split("\n");
    pending = lines.pop() ?? "";
    for (const event of lines.map(parseEvent)) {
      if (event === undefined) continue;
      show(event);
      if (event.session_id === sessionId) last = event;
    }
    return last?.type === "exited";
  };
  let offset = 0;
  try {
    for await (const news of followFile(files, path, { offset, signal: ended.signal })) {
      if (news.kind !== "bytes") {
        throw new HarnexError("failed", `the event log ${path} was ${news.kind === "gone" ? "removed" : "cut"}`);
      }
      offset += news.bytes.length;
      if (take(news.bytes)) return 0;
    }
    const exit = await end;
    const rest = await files.readRange(path, { offset, maxBytes: Number.MAX_SAFE_INTEGER });
    if (rest !== undefined && take(rest)) return 0;
    // The host died without a word.
    output.json(lostEvent(exit ?? { id: live.record.id, session_id: sessionId }, last, platform.clock.now()));
    return 0;
  } finally {
    ended.abort();
    await end.catch((error) => output.note(`harnex events: ${messageOf(error)}`));
  }
}

/** What the next owner of the id will write, for a reader who comes before it. */
function lostEvent(
  end: Pick<ExitRecord, "id" | "session_id"> & Partial<ExitRecord>,
  last: ReadEvent | undefined,
  now: number,
): Readonly<Record<string, unknown>> {
  return {
    schema_version: SCHEMA_VERSION,
    seq: (last?.seq ?? 0) + 1,
    ts: new Date(now).toISOString(),
    id: end.id,
    type: "exited",
    code: end.exit_code ?? null,
    reason: end.reason ?? "lost",
    session_id: end.session_id,
  };
}
