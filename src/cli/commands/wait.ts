/** `harnex wait`: its body. */

import { resolve } from "node:path";
import { LIVE_ONLY } from "../../client/follow.ts";
import { repoRootOf } from "../../client/repo.ts";
import { openStore } from "../../client/store.ts";
import { waitFor, type WaitOutcome } from "../../client/wait.ts";
import { seconds } from "../../model/time.ts";
import { createDeadline } from "../../platform/waiting.ts";
import type { CommandContext } from "../context.ts";
import { quoted } from "../../text/visible.ts";
import { spinWhile } from "../ui/spinner.ts";
import { nearest } from "../parser/suggest.ts";
import { UNTIL, type WaitInvocation } from "../specs/wait.ts";

export async function execute({ options }: WaitInvocation, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  await warnOfUnknown(options.until, output);
  const store = openStore(platform);
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  using deadline = createDeadline(platform, options.timeout?.ms);
  using _heart = beat(options.heartbeat?.ms, { context, ids: options.id });
  const from = options.next ? LIVE_ONLY : options.since === undefined ? undefined : options.since + 1;
  const note = (text: string) => output.note(`harnex wait: ${text}`);
  // On a terminal one line says it all.
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
      ? (await firstOf(waits, note)).map(print)
      : await Promise.all(waits.map(async (wait) => print(await wait)));
    return codes.find((code) => code !== 0) ?? 0;
  });
}

/**
 * The first outcome. Nothing can come of an unknown id: it is told of, and the others are waited for if there are any.
 */
async function firstOf(
  waits: readonly Promise<WaitOutcome>[],
  note: (text: string) => void,
): Promise<readonly WaitOutcome[]> {
  const first = Promise.withResolvers<readonly WaitOutcome[]>();
  let left = waits.length;
  for (const wait of waits) {
    void wait.then((outcome) => {
      if (outcome.unknown === undefined) return first.resolve([outcome]);
      left--;
      if (left === 0) first.resolve(Promise.all(waits));
      else note(outcome.unknown.message);
    }, first.reject);
  }
  return await first.promise;
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

/** Says now and then that it still waits. */
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
