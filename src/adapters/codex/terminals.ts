/**
 * Ends the commands that an interrupted turn leaves running. 0.169 and 0.171 kill a command that is younger than about
 * 0.3 s, and keep an older one as a background terminal: seen in real runs. Older versions answer with an error.
 */

import { fieldsOf, listOf, textOf } from "../../text/json.ts";
import type { Caller } from "../../transports/rpc/rpc_behaviour.ts";

/** Limit for the pages of the list; a page holds more than a thread ever runs. */
const MAX_PAGES = 8;

export interface LeftTerminals {
  threadId: string;
  /** whether the command of this item belongs to an earlier turn, which left it running on purpose */
  isKept(itemId: string): boolean;
  signal: AbortSignal;
}

/** Rejects where Codex cannot list or end them. */
export async function endTerminals(call: Caller, { threadId, isKept, signal }: LeftTerminals): Promise<void> {
  for (const processId of await listTerminals(call, { threadId, isKept, signal })) {
    await call.request({ method: "thread/backgroundTerminals/terminate", params: { threadId, processId } }, { signal });
  }
}

async function listTerminals(call: Caller, { threadId, isKept, signal }: LeftTerminals): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const params = { threadId, ...(cursor === undefined ? {} : { cursor }) };
    const reply = fieldsOf(await call.request({ method: "thread/backgroundTerminals/list", params }, { signal }));
    for (const terminal of listOf(reply.data).map(fieldsOf)) {
      const processId = textOf(terminal.processId);
      if (processId !== undefined && !isKept(textOf(terminal.itemId) ?? "")) found.push(processId);
    }
    cursor = textOf(reply.nextCursor);
    if (cursor === undefined) break;
  }
  return found;
}
