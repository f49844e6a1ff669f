/**
 * Reads an agent's screen: from the tmux pane that its host runs in, or else from the host's terminal emulator.
 */

import { ancestryOf } from "../model/ancestry.ts";
import { HarnexError } from "../model/errors.ts";
import { localIso } from "../model/time.ts";
import { isSameName, slugOf } from "../store/paths.ts";
import { createTmux, type Tmux, type TmuxPane } from "../platform/tmux.ts";
import { createDeadline } from "../platform/waiting.ts";
import { launchEnvironment } from "./launch.ts";
import { lastPlainLines } from "./plain_log.ts";
import { addressOf, createSessionClient } from "./session_client.ts";
import { findSession, type FoundSession, listLive, noSession, runsWanted, type Store, type Wanted } from "./store.ts";

const SCREEN_MS = 5_000;
/** Rows to show of an agent that has no window. */
const WINDOW_ROWS = 40;

export interface PaneText {
  id: string;
  source: "tmux" | "screen";
  captured_at: string;
  lines: string[];
}

export interface PaneReader {
  session: FoundSession;
  read(options: { lines: number | undefined; colours: boolean }): Promise<PaneText>;
}

/** Finds the session in this repository, or with `anywhere` a unique one in another, and what shows its screen. */
export async function openPane(
  store: Store,
  wanted: Wanted & { from: "this repository" | "anywhere" },
): Promise<PaneReader> {
  const session = await findNearest(store, wanted);
  const tmux = createTmux(store.platform.processes, launchEnvironment(store.platform.env));
  const pane = await findPane(store, tmux, session);
  return {
    session,
    async read({ lines, colours }) {
      const rows = pane === undefined
        ? await readScreen(store, session, colours ? "ansi" : "text")
        : await tmux.capture(pane.pane, { colours });
      return {
        id: session.record.id,
        source: pane === undefined ? "screen" : "tmux",
        captured_at: localIso(store.platform.clock.now()),
        lines: lastRows(rows, lines),
      };
    },
  };
}

async function findNearest(store: Store, wanted: Parameters<typeof openPane>[1]): Promise<FoundSession> {
  const here = await findSession(store, wanted);
  if (here?.liveness === "live") return here;
  if (wanted.from !== "anywhere") throw noSession(wanted);
  const elsewhere = (await listLive(store, undefined)).filter((found) =>
    isSameName(found.record.id, wanted.id) && runsWanted(found, wanted)
  );
  const [only, another] = elsewhere;
  if (only === undefined) throw noSession(wanted);
  if (another !== undefined) {
    const roots = elsewhere.map(({ record }) => record.repo_root).join(", ");
    throw new HarnexError("ambiguous", `several sessions "${wanted.id}" elsewhere (${roots}); name one with --repo`);
  }
  return { ...only, name: { key: only.record.repo_key, slug: slugOf(wanted.id) } };
}

/** The pane whose process is the host or an ancestor of the host. */
async function findPane(store: Store, tmux: Tmux, { record }: FoundSession): Promise<TmuxPane | undefined> {
  if ((await store.platform.processes.findProgram("tmux", store.platform.env["PATH"], "/")) === undefined) {
    return undefined;
  }
  const [panes, rows] = await Promise.all([tmux.listPanes(), store.platform.processes.list()]);
  const line = ancestryOf(rows, record.host_pid);
  return panes.find(({ pid }) => line.includes(pid));
}

async function readScreen(store: Store, { record }: FoundSession, format: "text" | "ansi"): Promise<string[]> {
  using deadline = createDeadline(store.platform, SCREEN_MS);
  const client = createSessionClient(addressOf(record));
  try {
    return (await client.text(`/screen?format=${format}`, deadline.signal)).split("\n");
  } catch (error) {
    if (!(error instanceof HarnexError) || error.code !== "not_found") throw error;
    // The agent has no terminal: a window would show the end of its transcript.
    return await lastPlainLines(store.platform.files, record.output_log_path, WINDOW_ROWS) ?? [];
  }
}

/** The last `count` rows, without the blank ones at the end. */
function lastRows(rows: readonly string[], count: number | undefined): string[] {
  const end = rows.findLastIndex((row) => row.trim() !== "") + 1;
  const shown = rows.slice(0, end);
  return count === undefined ? shown : shown.slice(Math.max(0, shown.length - count));
}
