/** Stops one session, and waits for its end if asked to. */

import { HarnexError, TIMEOUT_EXIT } from "../model/errors.ts";
import { createDeadline } from "../platform/waiting.ts";
import { awaitEnd, awaitHostGone } from "./follow.ts";
import { addressOf, askUntilReached, createSessionClient, isGone } from "./session_client.ts";
import { findEnd } from "./store.ts";
import type { Target } from "./target.ts";

export interface StopRequest {
  /** before SIGTERM, and again before SIGKILL; the adapter's own periods when undefined */
  readonly graceMs: number | undefined;
  /** how long to try to reach the session */
  readonly timeoutMs: number;
  /** what to wait for: that the session has taken the request, or that it has exited */
  readonly until: "asked" | "exited";
}

/** What `stop` prints, and its exit code. */
export interface StopOutcome {
  readonly answer: Readonly<Record<string, unknown>>;
  readonly code: number;
}

export async function stopSession({ store, session }: Target, request: StopRequest): Promise<StopOutcome> {
  const { id } = session.record;
  const { graceMs, timeoutMs } = request;
  const body = { by: "stop", ...(graceMs === undefined ? {} : { kill_after_s: graceMs / 1000 }) };
  using deadline = createDeadline(store.platform, timeoutMs);
  const { signal } = deadline;
  const client = createSessionClient(addressOf(session.record));
  try {
    const answer = await askUntilReached(() => client.call("POST", "/stop", { body, signal }), {
      clock: store.platform.clock,
      lives: async () => await findEnd(store, session) === undefined,
      signal,
    });
    if (answer.status !== 200) {
      throw new HarnexError("failed", String(answer.body["error"] ?? `status ${answer.status}`));
    }
    if (request.until === "asked") return { answer: answer.body, code: 0 };
    const end = await awaitEnd(store, session, new AbortController().signal);
    await awaitHostGone(store, session);
    return { answer: { ...answer.body, id, exit_code: end?.exit_code ?? null, reason: end?.reason ?? null }, code: 0 };
  } catch (error) {
    if (!(error instanceof HarnexError)) throw error;
    if (isGone(error)) return { answer: { ok: false, id, state: "exited" }, code: 1 };
    if (error.code !== "timeout") throw error;
    const why = `request timed out after ${(timeoutMs / 1000).toFixed(1)}s`;
    return { answer: { ok: false, id, status: "timeout", error: why }, code: TIMEOUT_EXIT };
  }
}
