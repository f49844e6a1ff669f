/**
 * The live terminal of a PTY agent as the session sees it: keys in, size, screen, and everybody who looks on.
 */

import type { PtyProcess } from "../../platform/platform.ts";
import type { AgentTerminal, PtyBehaviour } from "../agent_process.ts";
import type { TerminalSize } from "../terminal/screen.ts";
import type { Emulator } from "../terminal/emulator.ts";
import type { OwnText } from "./returned_draft.ts";
import type { ScreenFeed } from "../terminal/screen_feed.ts";

/** Who is shown every byte that the agent prints. */
export type Viewers = Set<(bytes: Uint8Array) => void>;

export function createAgentTerminal(parts: {
  process: PtyProcess;
  emulator: Emulator;
  feed: ScreenFeed;
  behaviour: PtyBehaviour;
  ownText: OwnText;
  viewers: Viewers;
}): AgentTerminal {
  const { process, emulator, feed, behaviour, ownText, viewers } = parts;
  let wanted: TerminalSize | undefined;
  let resizing: Promise<void> | undefined;

  /** One at a time, and of those that came meanwhile only the last: each costs a process, and order matters. */
  async function resizeAll(): Promise<void> {
    for (let size = wanted; size !== undefined; size = wanted) {
      wanted = undefined;
      emulator.resize(size);
      await process.resize(size).catch(() => undefined); // the agent's terminal has gone with it
    }
    resizing = undefined;
  }

  return {
    type: (bytes) => process.write(bytes),
    resize: (size) => {
      wanted = size;
      return resizing ??= resizeAll();
    },
    draft: () => ownText.isIn(emulator.screen()) ? "" : behaviour.draft(emulator.screen()),
    view: (show) =>
      feed.whenDrawn(() => {
        show(new TextEncoder().encode(emulator.redraw()));
        viewers.add(show);
        return { [Symbol.dispose]: () => void viewers.delete(show) };
      }),
    screen: () => feed.screen(),
    screenAnsi: async () => {
      await feed.screen();
      return emulator.ansi();
    },
  };
}
