/** What the mock model needs from one model API: how to read a request, and how to write an answer. */

import type { ModelReply } from "../../model/trial.ts";
import type { JsonObject } from "../../text/json.ts";

/** A request of the agent, as far as the probe needs it. */
export interface Asked {
  /** the last text that the user wrote, as it arrived, without the agent's own additions */
  prompt: string;
  /** what the tools have returned since then */
  toolResults: readonly string[];
  model: string;
  isStreamed: boolean;
  /** a request of the agent for itself, such as one for a title: it offers no tools */
  isAside: boolean;
}

export interface Dialect {
  /** the end of the path of the one endpoint that answers */
  endpoint: string;
  read(body: JsonObject): Asked;
  /** the server-sent events of an answer */
  events(reply: ModelReply, answer: { id: string; model: string }): readonly JsonObject[];
  /** the answer to a request that is not streamed */
  whole(reply: ModelReply, answer: { id: string; model: string }): JsonObject;
}
