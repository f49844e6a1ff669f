/**
 * The live terminal of a PTY agent as the session sees it: keys in, size, screen, and viewers.
 */

import type { PtyProcess } from "../../platform/platform.ts";
import type { AgentTerminal, PtyBehaviour } from "../agent_process.ts";
import type { Emulator } from "../terminal/emulator.ts";
import type { TerminalSize } from "../terminal/screen.ts";
import type { ScreenFeed } from "../terminal/screen_feed.ts";
import type { ReturnedDraft } from "./returned_draft.ts";

/** Each is called with every byte that the agent prints. */
export type Viewers = Set<(bytes: Uint8Array) => void>;

export function createAgentTerminal(parts: {
  process: PtyProcess;
  emulator: Emulator;
  feed: ScreenFeed;
  behaviour: PtyBehaviour;
  returned: ReturnedDraft;
  viewers: Viewers;
}): AgentTerminal {
  const { process, emulator, feed, behaviour, returned, viewers } = parts;
  return {
    type: (bytes) => process.write(bytes),
    resize: createResizer({ process, emulator }),
    draft: () => returned.isIn(emulator.screen()) ? "" : behaviour.draft(emulator.screen()),
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

/** One change at a time, because two at once could end in the wrong order; of those that wait only the newest counts. */
function createResizer({ process, emulator }: { process: PtyProcess; emulator: Emulator }): AgentTerminal["resize"] {
  let wanted: TerminalSize | undefined;
  let resizing: Promise<void> | undefined;

  async function resizeAll(): Promise<void> {
    for (let size = wanted; size !== undefined; size = wanted) {
      wanted = undefined;
      emulator.resize(size);
      await process.resize(size).catch(() => undefined); // the agent's terminal has gone with it
    }
    resizing = undefined;
  }

  return (size) => {
    wanted = size;
    return resizing ??= resizeAll();
  };
}
