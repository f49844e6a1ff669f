/**
 * The support code that process tests stand on, tried with small shell programs in place of harnex.
 */

import { createSandbox, runHarnex, spawnHarnex } from "./cli.ts";
import { deepEqual, equal, match, rejects } from "./assert.ts";
import { tempDir, withTempDir } from "./temp.ts";
import { within } from "./within.ts";

const shell = (script: string) => ({ program: ["/bin/sh", "-c", script, "sh"] });

Deno.test("tempDir() makes a private folder and removes it with what is in it", () => {
  let path: string;
  {
    using dir = tempDir();
    path = dir.path;
    Deno.writeTextFileSync(dir.join("file"), "x");
    equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o700);
  }
  equal(exists(path), false);
});

Deno.test("withTempDir() removes the folder when the test fails", async () => {
  let seen = "";
  const failing = withTempDir((path) => {
    seen = path;
    throw new Error("failed");
  });
  await rejects(failing, /failed/);
  equal(exists(seen), false);
});

Deno.test("runHarnex() gives code, stdout and stderr, and feeds stdin", async () => {
  await using sandbox = createSandbox();
  const result = await sandbox.run(["two"], { ...shell('cat; echo "$1" >&2; exit 3'), stdin: "one\n" });
  deepEqual(result, { code: 3, stdout: "one\n", stderr: "two\n" });
});

Deno.test("runHarnex() passes no more of the environment than it must", async () => {
  await using sandbox = createSandbox();
  const { stdout } = await sandbox.run([], { ...shell("env; pwd"), env: { ADDED: "1" } });
  const names = stdout.split("\n").flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []).sort();
  const allowed = "ADDED DENO_DIR DENO_NO_UPDATE_CHECK DENO_TLS_CA_STORE HARNEX_STATE_DIR HOME LANG PATH TERM TMPDIR";
  const shellSets = "OLDPWD PWD SHLVL _";
  deepEqual(names.filter((name) => !`${allowed} ${shellSets}`.split(" ").includes(name)), []);
  match(stdout, new RegExp(`^HARNEX_STATE_DIR=${sandbox.stateDir}$`, "m"));
  match(stdout, new RegExp(`^HOME=${sandbox.home}$`, "m"));
  match(stdout, new RegExp(`^${sandbox.project}$`, "m"));
});

Deno.test("runHarnex() says what was printed when the deadline passes, and kills", async () => {
  using dir = tempDir();
  const late = runHarnex([], { stateDir: dir.path, timeoutMs: 200, ...shell("echo $$; exec sleep 60") });
  const error = await late.then(() => undefined, (reason: unknown) => reason);
  const pid = Number(/stdout: (\d+)/.exec(error instanceof Error ? error.message : "")?.[1]);
  equal(Number.isInteger(pid), true);
  equal(await isRunning(pid), false);
});

Deno.test("runHarnex() does not mind a program that leaves its input unread", async () => {
  using dir = tempDir();
  const stdin = new Uint8Array(1 << 20);
  equal((await runHarnex([], { stateDir: dir.path, stdin, ...shell("exit 0") })).code, 0);
});

Deno.test("spawnHarnex() pipes all three streams and is killed with its scope", async () => {
  using dir = tempDir();
  let status: Promise<Deno.CommandStatus>;
  {
    await using child = spawnHarnex([], { stateDir: dir.path, ...shell("echo ready; cat") });
    status = child.status;
    const reader = child.stdout.getReader();
    const { value } = await within(5_000, reader.read());
    equal(new TextDecoder().decode(value), "ready\n");
    reader.releaseLock();
  }
  equal((await within(5_000, status)).signal, "SIGKILL");
});

Deno.test("createSandbox() ends the hosts that its records name", async () => {
  let host: Deno.ChildProcess;
  {
    await using sandbox = createSandbox();
    host = new Deno.Command("sleep", { args: ["60"] }).spawn();
    Deno.mkdirSync(`${sandbox.stateDir}/sessions`);
    Deno.writeTextFileSync(`${sandbox.stateDir}/sessions/a--b.json`, JSON.stringify({ host_pid: host.pid }));
  }
  equal((await within(5_000, host.status)).signal, "SIGTERM");
});

Deno.test("within() names what did not come", async () => {
  await rejects(within(5, new Promise(() => {}), "the prompt"), /the prompt did not come within 5 ms/);
  equal(await within(1_000, Promise.resolve(7)), 7);
});

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

async function isRunning(pid: number): Promise<boolean> {
  const { success } = await new Deno.Command("kill", { args: ["-0", String(pid)], stderr: "null" }).output();
  return success;
}
