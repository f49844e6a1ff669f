/** `harnex logs`: its body. */

import { resolve } from "node:path";
import { findFiles } from "../../client/find_files.ts";
import { lastPlainLines } from "../../client/plain_log.ts";
import { awaitEnd, followFile } from "../../client/follow.ts";
import { repoRootOf } from "../../client/repo.ts";
import { openStore } from "../../client/store.ts";
import { HarnexError } from "../../model/errors.ts";
import { readSlices } from "../../store/slices.ts";
import { findTail } from "../../store/transcript.ts";
import type { CommandContext } from "../context.ts";
import type { LogsInvocation } from "../specs/logs.ts";

export async function execute({ options }: LogsInvocation, context: CommandContext): Promise<number> {
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
