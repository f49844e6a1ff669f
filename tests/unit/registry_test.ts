/** The registry: which record counts as live, and that reading changes nothing. */

import type { ExitRecord, RegistryRecord } from "../../src/model/session.ts";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { createFiles } from "../../src/platform/files.ts";
import { createPaths } from "../../src/store/paths.ts";
import { createRegistry, parseRecord } from "../../src/store/registry.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { type TempDir, tempDir } from "../support/temp.ts";

const NAME = { key: "0123456789abcdef", slug: "a" };
const HOST = { pid: 20, start: "7" };

const RECORD: RegistryRecord = {
  session_id: "s1",
  repo_root: "/r",
  repo_key: NAME.key,
  cli: "repl",
  id: "a",
  pid: 10,
  host_pid: HOST.pid,
  host_start: HOST.start,
  host: "127.0.0.1",
  port: 43_000,
  command: ["repl"],
  started_at: "2026-01-01T00:00:00+00:00",
  token: "t",
  cwd: "/r",
  transport: "pty",
  version: "1",
  last_injected_at: null,
  injected_count: 0,
  output_log_path: "/o",
  events_log_path: "/e",
};

/** A registry in a folder, on a machine where these processes run. */
function open(
  dir: TempDir,
  running: readonly { pid: number; start: string }[] = [HOST],
  files = createFiles(() => crypto.randomUUID()),
) {
  const paths = createPaths(dir.path);
  for (const folder of paths.directories) Deno.mkdirSync(folder, { recursive: true });
  const is = (pid: number, start?: string) =>
    running.find((one) => one.pid === pid && (start === undefined || one.start === start));
  const processes = {
    ...denoPlatform().processes,
    find: (pid: number) => Promise.resolve(is(pid)),
    isAlive: ({ pid, start }: { pid: number; start: string }) => Promise.resolve(is(pid, start) !== undefined),
  };
  return { paths, registry: createRegistry({ files, paths, processes }) };
}

Deno.test("Registry.find() calls a record live only while its host lives, by pid and start time", async () => {
  using dir = tempDir();
  const { registry } = open(dir);
  await registry.write(NAME, RECORD, {});
  equal((await registry.find(NAME))?.liveness, "live");
  equal((await open(dir, [{ pid: 20, start: "8" }]).registry.find(NAME))?.liveness, "stale", "the pid was used again");
  equal((await open(dir, [{ pid: 10, start: "7" }]).registry.find(NAME))?.liveness, "stale", "only the agent lives");
  equal((await open(dir, []).registry.find(NAME))?.liveness, "stale");
});

Deno.test("Registry.find() goes by the agent's pid where a record of the established tool names no host", async () => {
  using dir = tempDir();
  const { registry } = open(dir, [{ pid: 10, start: "9" }]);
  await registry.write(NAME, { ...RECORD, host_pid: 0, host_start: "" }, {});
  equal((await registry.find(NAME))?.liveness, "live");
  equal((await open(dir).registry.find(NAME))?.liveness, "stale");
});

Deno.test("Registry.write() keeps the record's own fields over those of the status", async () => {
  using dir = tempDir();
  const { registry, paths } = open(dir);
  await registry.write(NAME, RECORD, { agent_state: "busy", injected_count: 7 });
  const written = JSON.parse(Deno.readTextFileSync(paths.session(NAME)));
  deepEqual([written.agent_state, written.injected_count, written.token], ["busy", 0, "t"]);
  equal((Deno.statSync(paths.session(NAME)).mode ?? 0) & 0o777, 0o600);
  deepEqual((await registry.find(NAME))?.record, RECORD);
});

Deno.test("Registry.remove() leaves the record of another session of the same id", async () => {
  using dir = tempDir();
  const { registry } = open(dir);
  await registry.write(NAME, RECORD, {});
  await registry.remove(NAME, "an older session");
  equal((await registry.find(NAME))?.record.session_id, "s1");
  await registry.remove(NAME, "s1");
  equal(await registry.find(NAME), undefined);
});

Deno.test("Registry.list() passes over what is no record, which listUnreadable() names", async () => {
  using dir = tempDir();
  const { registry, paths } = open(dir);
  await registry.write(NAME, RECORD, {});
  const broken = paths.session({ ...NAME, slug: "broken" });
  Deno.writeTextFileSync(broken, "{");
  Deno.writeTextFileSync(`${broken}.tmp`, "{");
  deepEqual((await registry.list()).map(({ record }) => record.id), ["a"]);
  deepEqual(await registry.listUnreadable(), [broken]);
  equal(Deno.readTextFileSync(broken), "{", "reading repairs nothing");
});

Deno.test("Registry.listUnreadable() does not name a record that was removed while it looked", async () => {
  using dir = tempDir();
  const files = createFiles(() => "0000");
  const gone = { ...files, list: async (path: string) => [...await files.list(path), "gone.json"] };
  const { registry } = open(dir, [HOST], gone);
  deepEqual([await registry.listUnreadable(), await registry.list()], [[], []]);
});

Deno.test("Registry.claim() gives a name to one process at a time", async () => {
  using dir = tempDir();
  const { registry } = open(dir);
  const claim = await registry.claim(NAME);
  equal(claim === undefined, false);
  equal(await open(dir).registry.claim(NAME), undefined);
  claim?.removeAndRelease();
  const again = await open(dir).registry.claim(NAME);
  equal(again === undefined, false);
  again?.removeAndRelease();
});

Deno.test("parseRecord() refuses a record without an id, a pid or a port that can be used", () => {
  const bent = (changes: Record<string, unknown>) => parseRecord(JSON.stringify({ ...RECORD, ...changes }));
  deepEqual(bent({}), RECORD);
  const wrong = [{ id: 7 }, { session_id: null }, { pid: 0 }, { pid: -1 }, { pid: "10" }, { port: 0 }, {
    port: 65_536,
  }];
  deepEqual(wrong.filter((changes) => bent(changes) !== undefined), []);
  deepEqual([bent({ port: 65_535 })?.port, bent({ transport: "other" })?.transport], [65_535, "pty"]);
});

Deno.test("Registry.findExit() reads what writeExit() wrote, and a reason from the code where there is none", async () => {
  using dir = tempDir();
  const { registry, paths } = open(dir);
  const exit: ExitRecord = {
    ...{ ok: true, id: "a", cli: "repl", session_id: "s1", repo_root: "/r", exit_code: 143 },
    ...{ started_at: "x", exited_at: "y", injected_count: 2, signal: 15, reason: "stopped" },
  };
  await registry.writeExit(NAME, exit);
  deepEqual(await registry.findExit(NAME), exit);
  deepEqual(await registry.listExits(), [NAME]);
  const { reason: _reason, ...old } = exit;
  for (const [exit_code, reason] of [[0, "success"], [3, "failure"], [null, "failure"]] as const) {
    Deno.writeTextFileSync(paths.exit(NAME), JSON.stringify({ ...old, exit_code }));
    equal((await registry.findExit(NAME))?.reason, reason);
  }
  Deno.writeTextFileSync(paths.exit(NAME), "[]");
  equal(await registry.findExit(NAME), undefined);
});
