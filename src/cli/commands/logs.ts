/** `harnex logs`: its body. */

import { resolve } from "node:path";
import { findFiles } from "../../control/find_files.ts";
import { awaitEnd, followFile } from "../../control/follow.ts";
import { repoRootOf } from "../../control/repo.ts";
import { openStore } from "../../control/store.ts";
import { HarnexError } from "../../model/errors.ts";
import { tailLines } from "../../store/transcript.ts";
import { lastLines, renderPlain } from "../../transports/plain_text.ts";
import type { CommandContext } from "../context.ts";
import type { LogsInvocation } from "../specs/logs.ts";

/** What `--plain` reads at most: redrawn screens need many bytes for few lines. */
const PLAIN_BYTES = 16 << 20;

export async function execute({ options }: LogsInvocation, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const { files } = platform;
  const store = openStore(platform);
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  const found = await findFiles(store, { id: options.id, repoRoot, cli: options.cli });
  const missing = () => new HarnexError("not_found", `the transcript ${found.output} is missing`);

  if (options.plain) {
    if (options.follow) throw new HarnexError("usage", "--plain shows what is there; use --follow without it");
    const size = (await files.stat(found.output))?.size;
    if (size === undefined) throw missing();
    const bytes = await files.readRange(found.output, {
      offset: Math.max(0, size - PLAIN_BYTES),
      maxBytes: PLAIN_BYTES,
    });
    for (const line of lastLines(await renderPlain(bytes ?? new Uint8Array()), options.lines)) output.line(line);
    return 0;
  }

  const tail = await tailLines(files, found.output, options.lines);
  if (tail === undefined) throw missing();
  output.bytes(tail.bytes);
  if (!options.follow || found.live === undefined) return 0;
  const ended = new AbortController();
  const end = awaitEnd(store, found.live, ended.signal).then(() => ended.abort());
  let offset = tail.end;
  for await (const news of followFile(files, found.output, { offset, signal: ended.signal })) {
    if (news.kind !== "bytes") {
      throw new HarnexError("failed", `the transcript ${found.output} was ${news.kind === "gone" ? "removed" : "cut"}`);
    }
    offset += news.bytes.length;
    output.bytes(news.bytes);
  }
  await end;
  const rest = await files.readRange(found.output, { offset, maxBytes: PLAIN_BYTES });
  if (rest !== undefined) output.bytes(rest);
  return 0;
}
