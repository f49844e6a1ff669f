/** The people who look at the session from other terminals, and how many there may be. */

import type { Socket } from "../platform/platform.ts";
import type { AgentTerminal } from "../transports/agent_process.ts";
import type { Viewer } from "./api/session_api.ts";
import { serveViewer, VIEWER_LIMIT } from "./api/viewer.ts";
import type { TypingGate } from "./inbox/typing_gate.ts";

/** WebSocket close code "try again later". */
const TRY_LATER = 1013;

export interface ViewersDeps {
  /** absent for an agent without a terminal, which has nothing to show */
  terminal: AgentTerminal | undefined;
  /** takes the keys of a viewer who writes */
  gate: TypingGate | undefined;
  /** `viewer`: the last viewer who writes sets the size; `own`: the session has a terminal of its own, which sets it */
  sizeFrom: "viewer" | "own";
  /** aborted when the session's API closes */
  closing: AbortSignal;
}

export interface Viewers {
  /** Serves one viewer until either side leaves. */
  attach(socket: Socket, viewer: Viewer): Promise<void>;
}

export function createViewers({ terminal, gate, sizeFrom, closing }: ViewersDeps): Viewers {
  let count = 0;
  return {
    async attach(socket, { mode, size }) {
      if (terminal === undefined || count >= VIEWER_LIMIT) return socket.close(TRY_LATER, "too many viewers");
      count++;
      try {
        const writes = mode === "write" && gate !== undefined;
        await serveViewer(socket, {
          terminal,
          ...(writes ? { type: gate.type } : {}),
          ...(writes && sizeFrom === "viewer" ? { resize: terminal.resize, size } : {}),
          signal: closing,
        });
      } finally {
        count--;
      }
    },
  };
}
