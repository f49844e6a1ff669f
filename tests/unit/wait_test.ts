import { deepEqual, equal } from "../support/assert.ts";
import { openStore } from "../../src/client/store.ts";
import { waitFor, type WaitOptions } from "../../src/client/wait.ts";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { createDeadline } from "../../src/platform/waiting.ts";
import { sessionName } from "../../src/store/paths.ts";
import { withTempDir } from "../support/temp.ts";

const EXIT = {
  ok: true,
  id: "w",
  cli: "sh",
  session_id: "s2",
  repo_root: "/repo",
  exit_code: 3,
  started_at: "2026-01-02T03:04:05+00:00",
  exited_at: "2026-01-02T03:05:05+00:00",
  injected_count: 1,
  reason: "failure",
};

/** Two runs of one id; only the second counts. */
const EVENTS = [
  { seq: 1, session_id: "s1", type: "started" },
  { seq: 2, session_id: "s1", type: "task_complete" },
  { seq: 1, session_id: "s2", type: "started" },
  { seq: 2, session_id: "s2", type: "task_failed", error: "refused" },
  { seq: 3, session_id: "s2", type: "task_complete" },
  { seq: 4, session_id: "s2", type: "exited" },
];

/** Waits for a session that has ended; without the seconds that the wait took. */
async function waitForPast(options: Partial<WaitOptions>, exit = EXIT) {
  return await withTempDir(async (path) => {
    const platform = { ...denoPlatform(), env: { HARNEX_STATE_DIR: path } };
    const store = openStore(platform);
    const name = sessionName("/repo", "w");
    for (const folder of [store.paths.exits, `${path}/events`]) Deno.mkdirSync(folder);
    Deno.writeTextFileSync(store.paths.exit(name), JSON.stringify(exit));
    const lines = EVENTS.map((event) => JSON.stringify({ ts: "2026-01-02T03:04:05.000Z", id: "w", ...event }));
    Deno.writeTextFileSync(store.paths.events(name), `${lines.join("\n")}\n`);
    using deadline = createDeadline(platform, 60_000);
    const wanted = { id: "w", repoRoot: "/repo" };
    const outcome = await waitFor(store, { wanted, until: undefined, from: undefined, deadline, ...options });
    const { waited_seconds, ...answer } = outcome.answer;
    return { answer, code: outcome.code, unknown: outcome.unknown?.code, timed: typeof waited_seconds };
  });
}

Deno.test("waitFor() gives the exit record and the agent's code of a session that has ended", async () => {
  deepEqual(await waitForPast({}), { answer: EXIT, code: 3, unknown: undefined, timed: "undefined" });
});

Deno.test("waitFor() finds the turn ends of the last run, from where events count", async () => {
  const turn = (event: string, seq: number, ok: boolean) => ({ ok, id: "w", event, seq });
  const found = async (options: Partial<WaitOptions>) => {
    const { answer, code } = await waitForPast(options);
    return { answer, code };
  };
  deepEqual(await found({ until: "task_complete" }), { answer: turn("task_complete", 3, true), code: 0 });
  deepEqual(await found({ until: "task_failed" }), { answer: turn("task_failed", 2, true), code: 0 });
  deepEqual(await found({ until: "done" }), { answer: turn("task_failed", 2, false), code: 1 });
  deepEqual(await found({ until: "done", from: 3 }), { answer: turn("task_complete", 3, true), code: 0 });
  const ended = { ok: false, id: "w", state: "exited", exit_code: 3, reason: "failure" };
  deepEqual(await found({ until: "done", from: 4 }), { answer: ended, code: 1 });
});

Deno.test("waitFor() counts no turn of a run that is not the one whose end is known", async () => {
  const ended = { ok: false, id: "w", state: "exited", exit_code: 3, reason: "failure" };
  const { answer, code } = await waitForPast({ until: "done" }, { ...EXIT, session_id: "s1" });
  deepEqual({ answer, code }, { answer: ended, code: 1 });
});

Deno.test("waitFor() a state of a session that has ended gives its end, whatever the state is called", async () => {
  const ended = { ok: false, id: "w", state: "exited", exit_code: 3, reason: "failure" };
  for (const until of ["prompt", "constructor", "__proto__"]) {
    const { answer, code } = await waitForPast({ until });
    deepEqual({ answer, code }, { answer: ended, code: 1 }, until);
  }
  equal((await waitForPast({ until: "exited" })).code, 0);
});

Deno.test("waitFor() an id that never was is unknown, with a code of its own for done", async () => {
  const wanted = { id: "other", repoRoot: "/repo" };
  const { code, unknown, answer } = await waitForPast({ wanted });
  deepEqual([code, unknown, answer["ok"], answer["status"]], [1, "not_found", false, "not_found"]);
  equal((await waitForPast({ wanted, until: "done" })).code, 3);
});
