/** `POST /send`: what a body means as a message, and what became of the message as an answer. */

import { HarnexError } from "../../model/errors.ts";
import type { MessageMode } from "../../model/message.ts";
import { assertNever } from "../../model/never.ts";
import type { SendRequest } from "../inbox/inbox.ts";
import { hasJsonBody, readBody } from "./http.ts";
import { KEY_LIMIT, OPERATIONS } from "./operations.ts";
import { route } from "./route.ts";

interface Sent extends SendRequest {
  /** whether Enter or a line end follows the text */
  newline: boolean;
}

export const send = route(OPERATIONS.send, async (host, { request, body, reply }) => {
  const { newline, ...message } = hasJsonBody(request)
    ? readMessage(await body())
    : verbatim(await readBody(request), "\n");
  const isRepeated = message.key !== undefined && host.inbox.findByKey(message.key) !== undefined;
  const repeated = isRepeated ? { repeated: true as const } : {};
  const result = await host.inbox.send(message);
  switch (result.kind) {
    case "queued":
      return reply(202, { ok: true, status: "queued", message_id: result.messageId, ...repeated });
    case "failed": {
      const { status, messageId: message_id, error } = result;
      return reply(409, { ok: false, status, message_id, error, ...repeated });
    }
    case "delivered": {
      const { cli, injected_count, input_state } = host.status();
      const { messageId: message_id, bytesWritten: bytes_written } = result;
      const taken = { message_id, cli, bytes_written, injected_count, newline, input_state, force: message.force };
      return reply(200, { ok: true, status: "delivered", ...taken, ...repeated });
    }
    default:
      return assertNever(result);
  }
});

/** A body with one of the three flags is a message; any other is the legacy form, which is typed verbatim. */
function readMessage(
  body: { text?: string; submit?: boolean; enter_only?: boolean; force?: boolean; newline?: boolean; key?: string },
): Sent {
  const { text = "", key } = body;
  if (!("submit" in body || "enter_only" in body || "force" in body)) {
    return verbatim(text, body.newline === false ? "" : "\n");
  }
  const mode: MessageMode = body.enter_only === true ? "enter" : body.submit === false ? "type" : "submit";
  if (text === "" && mode !== "enter") throw new HarnexError("invalid", "text is required");
  if (key === "") throw new HarnexError("invalid", `key is a text of 1 to ${KEY_LIMIT} characters`);
  return {
    text: mode === "enter" ? "" : text,
    mode,
    force: body.force === true,
    newline: mode !== "type",
    ...(key === undefined ? {} : { key }),
  };
}

function verbatim(text: string, end: "" | "\n"): Sent {
  if (text === "") throw new HarnexError("invalid", "text is required");
  return { text: text + end, mode: "raw", force: true, newline: end !== "" };
}
