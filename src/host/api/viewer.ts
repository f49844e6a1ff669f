/**
 * Viewers: other terminals that look at a session. Each gets the screen as it is, then what the agent prints. A viewer
 * that reads too slowly is disconnected; the agent never waits for it.
 */

import type { Socket } from "../../platform/platform.ts";
import { integerField, parseObject } from "../../text/json.ts";
import type { AgentTerminal } from "../../transports/agent_process.ts";
import { readTerminalInput } from "../../transports/pty/terminal_input.ts";
import type { TerminalSize } from "../../transports/terminal/screen.ts";

/** Output that waits for one viewer. A viewer with more of it has shown nothing new for longer than anyone looks. */
const BACKLOG_LIMIT = 8 << 20;
/** Several people may look at once; more than this is a leak. */
export const VIEWER_LIMIT = 32;
/** No display has more rows or columns, and an agent would take forever to draw them. */
const SIZE_LIMIT = 1_000;
/** WebSocket close codes: the session's end, and "try again later". */
const ENDED = 1000;
const TOO_SLOW = 1013;

export interface ViewerDeps {
  terminal: AgentTerminal;
  /** passes the viewer's keys on; absent for a viewer that only looks */
  type?: (bytes: Uint8Array) => Promise<void>;
  /** absent where another terminal gives the size */
  resize?: (size: TerminalSize) => Promise<void>;
  /** the size of the viewer's terminal */
  size?: TerminalSize | undefined;
  /** aborted when the session ends */
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
        const size = readSize(frame);
        if (size !== undefined) void deps.resize?.(size); // a later frame may overtake it, and the last one counts
      } else await deps.type?.(readTerminalInput(frame).meant);
    }
  } finally {
    signal.removeEventListener("abort", leave);
    socket.close(ENDED, "");
  }
}

/** The size in a text frame such as `{"rows":24,"columns":80}`; undefined when there is none. */
function readSize(frame: string): TerminalSize | undefined {
  const fields = parseObject(frame) ?? {};
  return sizeOf({ rows: integerField(fields, "rows"), columns: integerField(fields, "columns") });
}

/** The size of a viewer's terminal; undefined when part of it is missing, or no terminal can have it. */
export function sizeOf({ rows = 0, columns = 0 }: { rows?: number; columns?: number }): TerminalSize | undefined {
  const fits = (count: number) => count >= 1 && count <= SIZE_LIMIT;
  return fits(rows) && fits(columns) ? { rows, columns } : undefined;
}
