/**
 * A JSON-RPC agent that does not name its turns, replies to a prompt when its turn is over, is interrupted by a
 * notification and takes no text while it works: the other half of what `RpcBehaviour` allows.
 */

import type { RpcBehaviour, RpcConversation, RpcReading } from "../../src/transports/rpc/rpc_behaviour.ts";
import { fieldsOf, textOf } from "../../src/text/json.ts";

const NOTHING: RpcReading = { signals: [], transcript: "" };

export const TOY_RPC: RpcBehaviour = {
  graces: { askMs: 100, termMs: 100 },
  limits: { requestMs: 30_000, retryStreakMs: 60_000, bootMs: 1_000 },
  errorText: (stderr) => stderr.trim(),
  converse,
};

function converse(): RpcConversation {
  let isPrompted = false;
  return {
    async open(call) {
      await call.request({ method: "open" });
      return NOTHING;
    },
    read({ method, params }) {
      if (method === "print") return { signals: [], transcript: textOf(fieldsOf(params)["text"]) ?? "" };
      if (method !== "update" || !isPrompted) return NOTHING;
      isPrompted = false;
      return { signals: [{ kind: "turn_started" }], transcript: "" };
    },
    answer: ({ params }) => ({
      kind: "ask",
      question: {
        on: "permission",
        label: "permission",
        detail: textOf(fieldsOf(params)["command"]) ?? "",
        choices: [
          { label: "Allow", decision: "approve", reply: { result: { outcome: "allow" } } },
          { label: "Deny", decision: "deny", reply: { result: { outcome: "deny" } } },
        ],
      },
    }),
    startTurn(text) {
      isPrompted = true;
      return {
        replyMeans: "ended",
        call: { method: "prompt", params: { text } },
        read(result) {
          const outcome = fieldsOf(result)["stopReason"] === "cancelled" ? "interrupted" : "completed";
          return { signals: [{ kind: "turn_ended", outcome }], transcript: "" };
        },
      };
    },
    interruptTurn: () => ({ kind: "notification", call: { method: "cancel" } }),
  };
}
