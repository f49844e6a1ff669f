/** `harnex pane`: its body. */

import { resolve } from "node:path";
import { openPane, type PaneText } from "../../client/pane.ts";
import { awaitEnd, awaitGone } from "../../client/follow.ts";
import { repoRootOf } from "../../client/repo.ts";
import { openStore } from "../../client/store.ts";
import type { CommandContext } from "../context.ts";
import type { PaneInvocation } from "../specs/pane.ts";

const CLEAR = "\x1b[H\x1b[2J";

export async function execute({ options }: PaneInvocation, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const store = openStore(platform);
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  const from = options.repo === undefined ? "anywhere" : "this repository";
  const pane = await openPane(store, { id: options.id, repoRoot, cli: options.cli, from });
  const read = () => pane.read({ lines: options.lines, colours: options.ansi });
  let shown: string | undefined;
  const show = ({ id, source, captured_at, lines }: PaneText) => {
    const text = lines.map((line) => `${line}\n`).join("");
    // Who follows is told what changes.
    if (text === shown) return;
    if (shown !== undefined && output.isTerminal && !options.json) output.block(CLEAR);
    shown = text;
    // As established, `lines` is the number that was asked for.
    if (options.json) output.json({ ok: true, id, captured_at, source, lines: options.lines ?? null, text });
    else if (options.ansi) output.coloured(lines);
    else for (const line of lines) output.line(line);
  };
  show(await read());
  if (!options.follow) return 0;

  const ended = new AbortController();
  const end = awaitEnd(store, pane.session, ended.signal).then(() => ended.abort());
  for (;;) {
    await platform.clock.sleep(options.interval.ms, ended.signal);
    if (ended.signal.aborted) break;
    try {
      show(await read());
    } catch (error) {
      // A session that ends takes its screen with it, and may do so under the reader's eyes.
      if (await awaitGone(store, pane.session) === undefined) throw error;
      break;
    }
  }
  await end;
  return 0;
}
