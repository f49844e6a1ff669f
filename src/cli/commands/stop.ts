/** `harnex stop`: ends sessions. */

import { resolve } from "node:path";
import { awaitEnd, awaitHostGone } from "../../client/follow.ts";
import { repoRootOf } from "../../client/repo.ts";
import { addressOf, askUntilReached, createSessionClient, isGone } from "../../client/session_client.ts";
import { findEnd, type FoundSession, getLive, listLive, openStore, type Store } from "../../client/store.ts";
import { HarnexError } from "../../model/errors.ts";
import { createDeadline } from "../../platform/waiting.ts";
import { slugOf } from "../../store/paths.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { duration, flag, sessionId, withDefault } from "../parser/option.ts";
import { CLI, EXIT_FAILED, EXIT_USAGE, REPO } from "../parser/shared_options.ts";
import { spinWhile } from "../ui/spinner.ts";

const OPTIONS = {
  id: sessionId({ help: "the session; required unless --all is given" }),
  all: flag("stop every session of the repository"),
  wait: flag("return when the session has exited"),
  killAfter: duration({ help: "grace before the agent is terminated, and again before it is killed" }),
  timeout: withDefault(duration({ placeholder: "SECS", help: "how long to try to reach the session" }), {
    value: { ms: 5_000 },
    text: "5",
  }),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "stop",
  summary: "end a session",
  paragraph: "Asks the agent to leave, and makes it leave when it does not: an interrupt, its own exit command, then " +
    "signals to it and to everything it started. Prints one JSON line that names the first step taken.",
  usage: ["stop --id ID [options]", "stop --all [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "stop and be sure that nothing is left", command: "harnex stop --id cx-1 --wait" },
    { note: "end the day: stop everything in this repository", command: "harnex stop --all --wait" },
  ],
  gotchas: [
    "Without --wait the session may still be ending when the command returns.",
    "A second stop does not repeat the first step: it goes on to the next, stronger one.",
    "A running turn is interrupted; what the agent wrote so far stays as it is.",
  ],
  exitStatus: [
    ["0", "the session was asked to stop; with --wait: it has exited"],
    ["1", EXIT_FAILED],
    ["2", EXIT_USAGE],
    ["124", "the session could not be reached in time"],
  ],
  check: ({ options }: Call) => {
    if (options.id === undefined && !options.all) {
      throw new HarnexError("usage", "missing argument: --id ID (or --all); harnex status lists the sessions");
    }
    if (options.id !== undefined && options.all) {
      throw new HarnexError("usage", "--id and --all contradict each other: stop one session, or every one?");
    }
  },
  execute,
});

const TIMEOUT_CODE = 124;

async function execute({ options }: Call, context: CommandContext): Promise<number> {
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
  options: Call["options"],
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
