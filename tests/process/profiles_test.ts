/**
 * Agents by profile, and versions that are too old or too new, with harnex as a program. That a described agent works
 * from its start to its end is shown by the example of guides/adapters.md and by tests/agents/profiles_test.ts.
 */

import { dirname, join } from "node:path";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createSessions, type Sessions } from "../support/sessions.ts";

/** Teaches the sandbox's harnex these agents. */
function teach(sessions: Sessions, profiles: Readonly<Record<string, unknown>>): string {
  const folder = join(sessions.sandbox.home, ".config/harnex/agents");
  Deno.mkdirSync(folder, { recursive: true });
  for (const [name, profile] of Object.entries(profiles)) {
    Deno.writeTextFileSync(
      join(folder, `${name}.json`),
      typeof profile === "string" ? profile : JSON.stringify(profile),
    );
  }
  return folder;
}

const REPL = { command: "repl", prompt: ["^> "], exit: [{ type: "/exit" }, { wait: 150 }, "enter"] };

Deno.test("doctor checks profiles, completion knows them, and run tells what is wrong with one", async () => {
  await using sessions = createSessions();
  const folder = teach(sessions, {
    "mine": REPL,
    "broken": '{"command":"repl","prompt":["("]}',
    "absent": { ...REPL, command: "no-such-program" },
    "claude": REPL,
    "not a name": REPL,
  });
  const doctor = await sessions.ask(["doctor", "--json"]);
  equal(doctor.code, 1);
  const checks = Array.isArray(doctor.answer["checks"]) ? doctor.answer["checks"] : [];
  const told = Object.fromEntries(
    checks.filter(({ name }) => String(name).startsWith("profile:")).map((
      { name, ok, optional, error },
    ) => [name, { ok, optional: optional ?? false, error: String(error ?? "").slice(0, 30) }]),
  );
  deepEqual(told, {
    "profile:absent": { ok: false, optional: true, error: '"no-such-program" not found on' },
    "profile:broken": { ok: false, optional: false, error: "the profile of broken, " + folder.slice(0, 7) },
    "profile:claude": { ok: false, optional: false, error: "claude is built in, so this is" },
    "profile:mine": { ok: true, optional: false, error: "" },
  });
  const [kind, ...offered] = (await sessions.run(["__complete", "bash", "--", "run", ""])).stdout.trim().split("\n");
  equal(kind, "words");
  deepEqual(offered.sort(), ["absent", "broken", "claude", "codex", "gemini", "mine", "opencode"]);

  const broken = await sessions.run(["run", "broken", "--id", "b", "--detach"]);
  equal(broken.code, 1);
  match(broken.stderr, /^harnex run: the profile of broken, \S+\/broken\.json: in prompt\.0\.cursor: [^\n]*\n$/);
  const swallowed = await sessions.run(["run", "mine", "--id", "m", "--detach", "--model", "big"]);
  match(swallowed.stderr, /^harnex run: --model: the profile of mine does not say how; [^\n]*\n$/);
});

Deno.test("XDG_CONFIG_HOME moves the profiles, and a profile wins over the guess", async () => {
  await using sessions = createSessions();
  const config = join(sessions.sandbox.path, "config");
  const folder = teach(sessions, { repl: { ...REPL, args: ["given"] } });
  Deno.mkdirSync(join(config, "harnex"), { recursive: true });
  Deno.renameSync(folder, join(config, "harnex/agents"));
  const env = { XDG_CONFIG_HOME: config };
  await sessions.startReady("x", ["repl"], { env });
  match(sessions.transcript("x"), /task: given/);
  deepEqual((await sessions.run(["stop", "--id", "x", "--wait"], { env })).code, 0);
});

/** A stand-in for an installed agent: a program in a package of this version, and the folder for PATH. */
function install(sessions: Sessions, version: string): string {
  const bin = join(sessions.sandbox.path, version, "bin");
  const home = join(sessions.sandbox.path, version, "lib/claude-code");
  Deno.mkdirSync(bin, { recursive: true });
  Deno.mkdirSync(join(home, "bin"), { recursive: true });
  Deno.writeTextFileSync(join(home, "package.json"), JSON.stringify({ name: "@anthropic-ai/claude-code", version }));
  Deno.writeTextFileSync(join(home, "bin/claude.exe"), "#!/bin/sh\necho asked >> asked\nexec sleep 60\n", {
    mode: 0o755,
  });
  Deno.symlinkSync(join(home, "bin/claude.exe"), join(bin, "claude"));
  return `${bin}:${sessions.env["PATH"]}`;
}

Deno.test("a claude that is too old is refused with the fix, and never started", async () => {
  await using sessions = createSessions();
  const env = { PATH: install(sessions, "1.0.128") };
  const words = ["run", "claude", "--id", "o", "--detach", "--approvals", "ask"];
  const { code, stderr } = await sessions.run(words, { env });
  const fix = "npm install -g @anthropic-ai/claude-code";
  equal(
    stderr,
    `harnex run: claude 1.0.128 is too old, harnex needs 2.0.0 or newer; update it with: ${fix}\n`,
  );
  equal(code, 1);
  equal([...Deno.readDirSync(dirname(join(sessions.sandbox.project, "asked")))].length, 0);
});

Deno.test("a claude that is newer than tested is started, and told of once", async () => {
  await using sessions = createSessions();
  const env = { PATH: install(sessions, "99.1.0") };
  await sessions.start("n", ["claude", "--approvals", "ask"], { env });
  const log = Deno.readTextFileSync(join(sessions.sandbox.stateDir, "logs/n.log"));
  deepEqual(log.match(/claude 99\.1\.0 is newer than \d+\.\d+\.\d+, which harnex was tested with/g)?.length, 1, log);
  await sessions.run(["stop", "--id", "n", "--wait", "--kill-after", "0.2"], { env });
});
