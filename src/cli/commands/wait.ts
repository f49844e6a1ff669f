/** `harnex wait`: waits for sessions. */

import { LIVE_ONLY } from "../../client/follow.ts";
import { resolvePlace } from "../../client/target.ts";
import { waitFor, type WaitOutcome } from "../../client/wait.ts";
import { firstOutcome } from "../../client/wait_any.ts";
import { HarnexError } from "../../model/errors.ts";
import { seconds } from "../../model/time.ts";
import { createDeadline } from "../../platform/waiting.ts";
import { quoted } from "../../text/visible.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { duration, flag, integer, repeated, sessionId, text } from "../parser/option.ts";
import { EXIT_USAGE, NO_LIMIT, REPO } from "../parser/shared_options.ts";
import { nearest } from "../parser/suggest.ts";
import { spinWhile } from "../ui/spinner.ts";

/**
 * What `--until` can come true for, besides the adapters' own names of states. `wait` waits for any other word, too:
 * scripts may name a state that only a later version knows.
 */
export const UNTIL = ["task_complete", "task_failed", "done", "prompt", "busy", "blocked", "unknown", "exited"];

const OPTIONS = {
  id: repeated(sessionId({ help: "the session; can be repeated" }), "harnex status lists the sessions"),
  until: text({
    placeholder: "STATE",
    suggestions: UNTIL,
    help: "task_complete, task_failed, done, or a state: prompt, busy, blocked, exited, or an agent's own name for a " +
      "state, such as permission",
    defaultText: "the session has exited",
  }),
  timeout: duration({ placeholder: "SECS", help: "time limit", defaultText: "never" }),
  next: flag("ignore events that have already happened"),
  since: integer({
    placeholder: "SEQ",
    range: { min: 0, max: NO_LIMIT },
    help: "ignore events up to this sequence number",
  }),
  any: flag("with several sessions: return after the first"),
  all: flag("with several sessions: return after all of them"),
  heartbeat: duration({ help: "while waiting, report on stderr at this interval" }),
  repo: REPO,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "wait",
  paragraph: "Waits for a session without polling. Without --until it waits for the exit, prints the exit record and " +
    "returns the agent's exit code; this also works for a session that has already ended. With --until it waits " +
    "for an event or a state and prints one JSON line per session.",
  usage: ["wait --id ID [--until STATE] [options]", "wait --id A --id B (--any | --all) [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    {
      note: "wait for the end of the current task, at most ten minutes",
      command: "harnex wait --id cx-1 --until done --timeout 10m",
    },
    { note: "wait for the faster of two workers", command: "harnex wait --id cx-1 --id cx-2 --until done --any" },
  ],
  gotchas: [
    "--until task_complete also counts a completion in the past. --next ignores it.",
    "An unknown state name causes a warning. The command waits for it anyway.",
    "With --all an unknown id gets a JSON line, too. With --any it is reported on stderr, and the command waits " +
    "for the others.",
    "A completed turn is not an accepted result. Check the files, the tests and git.",
  ],
  exitStatus: [
    ["0", "the state was reached; without --until: the agent's exit code is returned"],
    ["1", "the session ended first, the task failed (--until done), or the id is unknown"],
    ["2", EXIT_USAGE],
    ["3", "--until done: no such session"],
    ["124", "--timeout expired"],
  ],
  check: checkWait,
  execute,
});

function checkWait({ options }: Call): void {
  if (options.any && options.all) throw new HarnexError("usage", "--any and --all contradict each other");
  if (options.next && options.since !== undefined) {
    throw new HarnexError("usage", "--next and --since contradict each other: both say where to begin");
  }
  if (options.id.length > 1 && !options.any && !options.all) {
    throw new HarnexError("usage", "several --id need --any or --all: wait for the first, or for every one?");
  }
}

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  await warnOfUnknown(options.until, output);
  const { store, repoRoot } = await resolvePlace(context, options);
  using deadline = createDeadline(platform, options.timeout?.ms);
  using _heart = beat(options.heartbeat?.ms, { context, ids: options.id });
  const from = options.next ? LIVE_ONLY : options.since === undefined ? undefined : options.since + 1;
  const note = (text: string) => output.note(`harnex wait: ${text}`);
  // On a terminal the status line is enough.
  const tell = output.hasStatusLine ? undefined : note;
  const waits = options.id.map((id) =>
    waitFor(store, { wanted: { id, repoRoot }, until: options.until, from, deadline, ...(tell && { tell }) })
  );
  const print = ({ answer, code }: WaitOutcome) => {
    output.json(answer);
    return code;
  };
  const what = `waiting for ${options.id.join(", ")}: ${options.until ?? "exit"}`;
  return await spinWhile(context, what, async () => {
    const [only, another] = waits;
    if (only !== undefined && another === undefined && options.until !== "done") {
      const { unknown } = await only;
      if (unknown !== undefined) throw unknown;
    }
    const codes = options.any
      ? (await firstOutcome(waits, note)).map(print)
      : await Promise.all(waits.map(async (wait) => print(await wait)));
    return codes.find((code) => code !== 0) ?? 0;
  });
}

/** Warns of a word that no session can reach: it may be a typing error, and the wait would never end. */
async function warnOfUnknown(until: string | undefined, output: CommandContext["output"]): Promise<void> {
  if (until === undefined || UNTIL.includes(until)) return;
  const { AGENTS } = await import("../../adapters/mod.ts");
  const known = [...new Set([...UNTIL, ...await AGENTS.labels()])];
  if (known.includes(until)) return;
  const near = nearest(until, known);
  const meant = near === undefined ? `it knows ${UNTIL.join(", ")}` : `did you mean ${near}?`;
  output.note(`harnex wait: harnex knows no state ${quoted(until)}; ${meant}`);
}

/** Reports at an interval that the command still waits. */
function beat(
  everyMs: number | undefined,
  { context: { platform, output }, ids }: { context: CommandContext; ids: readonly string[] },
): Disposable {
  if (everyMs === undefined) return { [Symbol.dispose]() {} };
  const startedAt = platform.clock.monotonic();
  let cancel = arm();
  function arm(): () => void {
    return platform.clock.after(everyMs ?? 0, () => {
      output.note(
        `harnex wait: still waiting for ${ids.join(", ")} after ${seconds(platform.clock.monotonic() - startedAt)}s`,
      );
      cancel = arm();
    });
  }
  return { [Symbol.dispose]: () => cancel() };
}
