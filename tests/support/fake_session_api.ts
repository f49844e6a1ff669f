/** A session as its API's routes see it, without an agent: notes what it is asked for, and answers from a sample. */

import { answerRequest } from "../../src/host/api/routes.ts";
import type { SessionApi } from "../../src/host/api/session_api.ts";
import { HarnexError } from "../../src/model/errors.ts";
import type { MessageRow } from "../../src/model/message.ts";
import type { Socket } from "../../src/platform/platform.ts";
import type { Screen } from "../../src/transports/terminal/screen.ts";

const TOKEN = "t".repeat(32);
const HOOK_TOKEN = "h".repeat(32);
const DEAF_SOCKET: Socket = {
  frames: new ReadableStream(),
  send: () => {},
  backlog: () => 0,
  close: () => {},
  closed: Promise.resolve({ code: 1000, reason: "" }),
};
const SCREEN: Screen = {
  ...{ rows: 2, columns: 10, text: ["hello", ""], solid: ["hello", ""], cursor: { row: 1, column: 0, visible: true } },
  ...{ title: "agent", agentReport: undefined, bracketedPaste: false, alternate: false },
};

export interface FakeSession {
  /** what the routes asked of the session, in order: the name of the method and its arguments */
  asked: unknown[][];
  call(method: string, path: string, options?: CallOptions): Promise<{ status: number; type: string; text: string }>;
}

interface CallOptions {
  /** JSON, unless it is text already */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

export function createFakeSession(changes: Partial<SessionApi> = {}): FakeSession {
  const asked: unknown[][] = [];
  const note = <T>(answer: T, ...call: unknown[]): T => {
    asked.push(call);
    return answer;
  };
  const missing = () => {
    throw new HarnexError("not_found", "no such message");
  };
  const row: MessageRow = {
    ...{ id: "m1", status: "delivered", step: "accepted", queued_at: "2026-01-01T00:00:00Z", delivered_at: null },
    ...{ text_preview: "hello", error: null, steps: [] },
  };
  const host: SessionApi = {
    token: TOKEN,
    hookToken: HOOK_TOKEN,
    hostname: "127.0.0.1",
    inbox: {
      send: (request) => Promise.resolve(note({ kind: "queued", messageId: "m2" }, "send", request)),
      find: (id) => id === row.id ? row : undefined,
      findByKey: () => undefined,
      pending: () => [row],
      drop: (id) => id === row.id ? note(row, "drop", id) : missing(),
      dropAll: () => note(1, "dropAll"),
    },
    undelivered: [],
    events: {
      replay: (from) => Promise.resolve(note([], "replay", from)),
      subscribe: () => ({ [Symbol.dispose]: () => {} }),
    },
    terminal: { screen: () => Promise.resolve(SCREEN), screenAnsi: () => Promise.resolve(["\x1b[1mhello", ""]) },
    status: missing,
    explain: missing,
    attach: (_socket, viewer) => Promise.resolve(note(undefined, "attach", viewer)),
    report: (body) => Promise.resolve(note({ printed: true }, "report", body)),
    stop: (options) => Promise.resolve(note("interrupt_sent", "stop", options)),
    answer: (reply, by) => Promise.resolve(note({ on: "choice", choice: "Yes" }, "answer", reply, by)),
    noteWatch: (report) => note(undefined, "noteWatch", report),
    closing: AbortSignal.abort(),
    ...changes,
  };
  return {
    asked,
    async call(method, path, { body, headers } = {}) {
      const token = path === "/signals" ? HOOK_TOKEN : TOKEN;
      const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
      const request = new Request(`http://127.0.0.1:43000${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          host: "127.0.0.1",
          "content-type": "application/json",
          ...headers,
        },
        ...(text === undefined ? {} : { body: text }),
      });
      const response = await answerRequest(request, host, () => ({
        socket: DEAF_SOCKET,
        response: new Response("upgraded"),
      }));
      const type = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
      return { status: response.status, type, text: await response.text() };
    },
  };
}
