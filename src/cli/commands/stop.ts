/** `harnex stop`: its body. */

import { resolve } from "node:path";
import { awaitEnd, awaitHostGone } from "../../client/follow.ts";
import { repoRootOf } from "../../client/repo.ts";
import { addressOf, askUntilReached, createSessionClient, isGone } from "../../client/session_client.ts";
import { findEnd, type FoundSession, getLive, listLive, openStore, type Store } from "../../client/store.ts";
import { HarnexError } from "../../model/errors.ts";
import { createDeadline } from "../../platform/waiting.ts";
import { slugOf } from "../../store/paths.ts";
import type { CommandContext } from "../context.ts";
import { spinWhile } from "../ui/spinner.ts";
import type { StopInvocation } from "../specs/stop.ts";

const TIMEOUT_CODE = 124;

export async function execute({ options }: StopInvocation, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const store = openStore(platform);
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  const sessions: FoundSession[] = options.id === undefined
    ? (await listLive(store, repoRoot)).map((found) => ({
      ...found,
      name: { key: found.record.repo_key, slug: slugOf(found.record.id) },
    }))
    : [await getLive(store, { id: options.id, repoRoot, cli: options.cli })];
  const what = `stopping ${sessions.map(({ record }) => record.id).join(", ")}`;
  const codes = await spinWhile(context, what, () =>
    Promise.all(sessions.map(async (session) => {
      const { answer, code } = await stopOne(store, session, options);
      output.json(answer);
      return code;
    })));
  return Math.max(0, ...codes);
}

async function stopOne(
  store: Store,
  session: FoundSession,
  options: StopInvocation["options"],
): Promise<{ answer: Readonly<Record<string, unknown>>; code: number }> {
  const { id } = session.record;
  const body = {
    by: "stop",
    ...(options.killAfter === undefined ? {} : { kill_after_s: options.killAfter.ms / 1000 }),
  };
  using deadline = createDeadline(store.platform, options.timeout.ms);
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
    if (!options.wait) return { answer: answer.body, code: 0 };
    const end = await awaitEnd(store, session, new AbortController().signal);
    await awaitHostGone(store, session);
    return { answer: { ...answer.body, id, exit_code: end?.exit_code ?? null, reason: end?.reason ?? null }, code: 0 };
  } catch (error) {
    if (!(error instanceof HarnexError)) throw error;
    if (isGone(error)) return { answer: { ok: false, id, state: "exited" }, code: 1 };
    if (error.code !== "timeout") throw error;
    const told = `request timed out after ${(options.timeout.ms / 1000).toFixed(1)}s`;
    return { answer: { ok: false, id, status: "timeout", error: told }, code: TIMEOUT_CODE };
  }
}
