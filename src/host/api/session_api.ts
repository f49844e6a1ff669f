/** What the routes may ask of the session that they serve. */

import type { UndeliveredMessage } from "../../model/message.ts";
import type { StatusPayload } from "../../model/session.ts";
import type { WatchReport } from "../../model/signal.ts";
import type { Socket } from "../../platform/platform.ts";
import type { EventLog } from "../../store/event_log.ts";
import type { JsonObject } from "../../text/json.ts";
import type { AgentAnswer, AgentTerminal } from "../../transports/agent_process.ts";
import type { TerminalSize } from "../../transports/terminal/screen.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { StopSignal } from "../stop/ladder.ts";
import type { Explanation } from "../turn/explain.ts";

export interface SessionApi {
  /** opens everything but `POST /signals` */
  token: string;
  /** opens `POST /signals` and nothing else; only the agent's own environment holds it */
  hookToken: string;
  /** the address that was bound */
  hostname: string;
  inbox: Pick<Inbox, "send" | "find" | "findByKey" | "pending" | "drop" | "dropAll">;
  /** the messages that an earlier host of this id, which died, left undelivered */
  undelivered: readonly UndeliveredMessage[];
  events: Pick<EventLog, "subscribe" | "replay">;
  /** undefined for an agent without a terminal */
  terminal: ScreenSource | undefined;
  status(): StatusPayload;
  explain(): Promise<Explanation>;
  /** Serves one viewer in another terminal until the viewer leaves or the session ends. */
  attach(socket: Socket, viewer: Viewer): Promise<void>;
  /** Takes what the agent's own hook posted; gives the answer to the hook. */
  report(body: JsonObject): Promise<JsonObject>;
  stop(options: { by: string; killAfterMs?: number }): Promise<StopSignal>;
  /** Answers the open question; throws `conflict` when there is none, or when it does not offer this answer. */
  answer(reply: AgentAnswer, by: string): Promise<{ on: string; choice: string }>;
  /** Records what a babysitter saw or did. */
  noteWatch(report: WatchReport): void;
  /** aborted when the session's API closes */
  closing: AbortSignal;
}

export type ScreenSource = Pick<AgentTerminal, "screen" | "screenAnsi">;

export interface Viewer {
  mode: "read" | "write";
  /** undefined when the viewer did not give a size that a terminal can have */
  size: TerminalSize | undefined;
}
