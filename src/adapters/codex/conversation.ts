/**
 * One conversation with `codex app-server` (0.169): the handshake, and the requests that start, steer and interrupt
 * turns. `notifications.ts` reads what Codex says, `requests.ts` answers what it asks.
 */

import { HarnexError } from "../../model/errors.ts";
import { fieldsOf, textOf } from "../../text/json.ts";
import type { RpcConversation } from "../../transports/rpc/rpc_behaviour.ts";
import { createNotificationReader } from "./notifications.ts";
import { answerCodex } from "./requests.ts";
import { endTerminals } from "./terminals.ts";
import { checkPermissions, type CodexThreadOptions, describeThread, openCall } from "./thread.ts";

/** A conversation that opens the thread which `options` describe. Its methods throw HarnexError before it is open. */
export function createCodexConversation(options: CodexThreadOptions): RpcConversation {
  const notifications = createNotificationReader();
  let threadId = options.resume;

  function thread(): string {
    if (threadId === undefined) throw new HarnexError("failed", "codex has no thread yet");
    return threadId;
  }

  return {
    async open(call, signal) {
      const clientInfo = { name: "harnex", title: "harnex", version: options.clientVersion };
      // For the list of background terminals. Seen with 0.169 and 0.171: it adds `thread/readState/changed`, nothing else.
      const params = { clientInfo, capabilities: { experimentalApi: true } };
      const hello = await call.request({ method: "initialize", params }, { signal });
      await call.notify({ method: "initialized" });
      const opened = fieldsOf(await call.request(openCall(options), { signal }));
      const { id } = fieldsOf(opened.thread);
      if (typeof id !== "string") throw new HarnexError("failed", "codex opened no thread: its reply names none");
      checkPermissions(opened, options);
      // Set at once: the thread's first notifications follow the reply.
      threadId = id;
      return describeThread(id, { opened, hello: fieldsOf(hello), asked: options });
    },
    read: (note) => notifications.read(note, threadId),
    answer: (request, policy) => answerCodex(request, { policy, pathsOf: notifications.pathsOf }),
    startTurn: (text) => ({
      replyMeans: "accepted",
      call: { method: "turn/start", params: { threadId: thread(), input: [{ type: "text", text }] } },
      turnIdOf: (result) => textOf(fieldsOf(fieldsOf(result).turn).id) ?? textOf(fieldsOf(result).turnId),
    }),
    steerTurn: (text, expectedTurnId) => ({
      method: "turn/steer",
      params: { threadId: thread(), expectedTurnId, input: [{ type: "text", text }] },
    }),
    interruptTurn: (turnId) => ({
      kind: "request",
      call: { method: "turn/interrupt", params: { threadId: thread(), turnId } },
    }),
    endLeftovers: (call, { turnId, signal }) =>
      endTerminals(call, {
        threadId: thread(),
        isKept: (itemId) => (notifications.turnOf(itemId) ?? turnId) !== turnId,
        signal,
      }),
  };
}
