/**
 * People who look at a session from other terminals: each gets the screen as it is, then what the agent prints. One
 * that reads too slowly is let go; the agent never waits for it.
 */

import type { Socket } from "../../platform/platform.ts";
import { parseObject } from "../../text/json.ts";
import type { AgentTerminal } from "../../transports/agent_process.ts";
import type { TerminalSize } from "../../transports/terminal/screen.ts";
import { readTerminalInput } from "../../transports/pty/terminal_input.ts";
import { parseSize } from "./size.ts";

/** What waits for a viewer to read it; past this it has seen nothing for longer than anyone looks. */
const BACKLOG_LIMIT = 8 << 20;
/** Several people may look at once; more than this is a leak. */
export const VIEWER_LIMIT = 32;
/** WebSocket close codes: the session's end, and "try again later". */
const ENDED = 1000;
const TOO_SLOW = 1013;

export interface ViewerDeps {
  terminal: AgentTerminal;
  /** passes a person's keys on; absent for one who only looks */
  type?: (bytes: Uint8Array) => Promise<void>;
  /** absent where another terminal gives the size */
  resize?: (size: TerminalSize) => Promise<void>;
  /** the size of the viewer's terminal */
  size?: TerminalSize | undefined;
  /** ends with the session */
  signal: AbortSignal;
}

/** Serves one viewer until either side leaves. Never throws. */
export async function serveViewer(socket: Socket, deps: ViewerDeps): Promise<void> {
  const { terminal, signal } = deps;
  const leave = () => socket.close(ENDED, "the session has ended");
  signal.addEventListener("abort", leave, { once: true });
  try {
    if (deps.size !== undefined) await deps.resize?.(deps.size);
    using _view = await terminal.view((bytes) => {
      if (socket.backlog() > BACKLOG_LIMIT) socket.close(TOO_SLOW, "too slow");
      else socket.send(bytes);
    });
    if (signal.aborted) leave();
    for await (const frame of socket.frames) {
      if (typeof frame === "string") {
        const size = parseSize(parseObject(frame) ?? {});
        if (size !== undefined) void deps.resize?.(size); // the next may come meanwhile, and be the one that counts
      } else await deps.type?.(readTerminalInput(frame).meant);
    }
  } finally {
    signal.removeEventListener("abort", leave);
    socket.close(ENDED, "");
  }
}
