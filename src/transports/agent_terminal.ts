/**
 * The live terminal of a PTY agent as the session sees it: keys in, size, screen, and everybody who looks on.
 */

import type { PtyProcess } from "../platform/platform.ts";
import type { AgentTerminal, PtyBehaviour } from "./agent_process.ts";
import type { Emulator } from "./emulator.ts";
import type { OwnText } from "./own_text.ts";
import type { ScreenFeed } from "./screen_feed.ts";

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
  return {
    type: (bytes) => process.write(bytes),
    resize: async (size) => {
      emulator.resize(size);
      await process.resize(size);
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
