/**
 * Each file operation that a session makes fails once, and from then on for ever: the session goes on, or refuses to
 * start in one line; it tells each kind of trouble once; what could be written is there and can be read.
 */

import { join } from "node:path";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { concurrently } from "../support/concurrently.ts";
import { startInProcessHost } from "../support/in_process_host.ts";
import { exists, fileName, type Json, parseJson } from "../support/sessions.ts";
import { tempDir, withTempDir } from "../support/temp.ts";
import { within } from "../support/within.ts";

/** They wait for the agent's screen to hold still most of the time. */
const AT_ONCE = 24;
const PATIENCE_MS = 60_000;
const FAILURES = ["ENOSPC", "EACCES", "EROFS", "EIO"];
/** Steps that no file is part of. */
const NO_FILES = /^(serve|run|spawn|releaseGuard)/;

interface Lived {
  end: { code: number; reason: string } | Error;
  said: string[];
  agentStarted: boolean;
  events: Json[];
  exit: Json | undefined;
  record: boolean;
  ledger: Json[];
}

/** Start, one message, stop. */
async function live(faults: string): Promise<Lived> {
  return await withTempDir(async (path) => {
    const [stateDir, project] = [join(path, "state"), join(path, "project")];
    for (const folder of [stateDir, project, join(stateDir, "launches")]) Deno.mkdirSync(folder);
    const host = startInProcessHost({ stateDir, project, faults });
    const scene = async () => {
      if ((await host.registered) === undefined) return;
      await host.untilState("prompt");
      equal((await host.call("POST", "/send", { text: "hello", submit: true })).status, 200);
      await host.untilState("prompt");
      equal((await host.call("POST", "/stop")).status, 200);
    };
    const ended = host.ended.catch((error) => error instanceof Error ? error : new Error(String(error)));
    await within(PATIENCE_MS, Promise.race([scene(), ended]), "the session");
    const end = await within(PATIENCE_MS, ended, "its end");
    const file = (folder: string, extension: string) =>
      join(stateDir, folder, `${fileName(project, "k")}.${extension}`);
    const [exit] = readLines(file("exits", "json"));
    return {
      end,
      said: host.said(),
      agentStarted: host.agentStarted(),
      events: readLines(file("events", "jsonl")),
      exit,
      record: exists(file("sessions", "json")),
      ledger: readLines(join(stateDir, "dispatches.jsonl")),
    };
  });
}

/** Objects of one line or of many; what is broken is passed over, as every reader does. */
function readLines(path: string): Json[] {
  const text = exists(path) ? Deno.readTextFileSync(path) : "";
  const parts = path.endsWith(".jsonl") ? text.split("\n") : [text];
  return parts.flatMap((part) => {
    try {
      return part === "" ? [] : [parseJson(part)];
    } catch {
      return [];
    }
  });
}

function check({ end, said, ...left }: Lived, until: "once" | "always"): void {
  // One line for the state directory, whatever goes wrong in it, and one for a summary elsewhere.
  const summaries = said.filter((line) => line.startsWith("harnex: warning: summary: "));
  ok(summaries.length <= 1 && said.length <= (until === "once" ? 1 : 2), said.join(" | "));
  if (end instanceof Error) {
    // It could not start, and says so in one line; nothing is left that would say that it runs.
    equal(/\n/.test(end.message), false, end.message);
    deepEqual([left.agentStarted, left.record, left.events.length], [false, false, 0], end.message);
    return;
  }
  deepEqual([end.code, end.reason], [0, "success"]);
  if (until === "always") return;
  const seqs = left.events.map(({ seq }) => Number(seq));
  const missing = (seqs.at(-1) ?? 0) - seqs.length;
  ok(missing <= 1, `events are missing: ${seqs}`);
  const kept = [
    left.exit?.["reason"] === "success",
    left.events.at(-1)?.["type"] === "exited",
    left.ledger.some(({ type }) => type === "dispatch_end"),
    !left.record,
  ];
  ok(kept.filter((held) => !held).length <= said.length, `${kept} and said only: ${said.join(" | ")}`);
}

Deno.test("a session goes on, or refuses to start, when any one of its file operations fails", async () => {
  using dir = tempDir();
  await live(`trace ${dir.join("trace")}`);
  const steps = Deno.readTextFileSync(dir.join("trace")).trim().split("\n");
  const all = FAILURES.flatMap((failure) =>
    (["once", "always"] as const).flatMap((until) =>
      // What a disk that has failed for good does is much the same from one operation to the next.
      steps.flatMap((step, index) =>
        NO_FILES.test(step) || (until === "always" && index % 4 !== 0) ? [] : [{ failure, nth: index + 1, until }]
      )
    )
  );
  ok(all.length > 100, `only ${all.length} operations can fail`);
  const failures: string[] = [];
  await concurrently(AT_ONCE, all, async ({ failure, nth, until }) => {
    try {
      check(await live(`${failure} * ${nth}${until === "always" ? "+" : ""}`), until);
    } catch (error) {
      const what = `${failure} ${until} at ${nth} (${steps[nth - 1]})`;
      failures.push(`${what}: ${error instanceof Error ? error.message : error}`);
    }
  });
  deepEqual(failures.sort(), []);
});
