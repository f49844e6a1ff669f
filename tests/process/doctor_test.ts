/**
 * doctor: what it finds on this machine, what it says of what is missing or open, and that its advice helps.
 */

import { join } from "node:path";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createSessions, type Sessions } from "../support/sessions.ts";

const ignore = Deno.build.os !== "linux";

interface Check {
  name: string;
  ok: boolean;
  found?: string;
  error?: string;
}

async function doctor(sessions: Sessions, words: readonly string[], env: Record<string, string> = {}) {
  const { code, answer, stderr } = await sessions.ask(["doctor", ...words], { env });
  const checks: Check[] = JSON.parse(JSON.stringify(answer["checks"]));
  return { code, stderr, answer, check: (name: string) => checks.find((check) => check.name === name) };
}

Deno.test({
  name: "doctor runs a terminal, and tells what is missing and how to get it",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const here = await doctor(sessions, ["--adapter", "generic"]);
    deepEqual([here.code, here.check("script")], [0, { name: "script", ok: true, found: "a pseudo-terminal works" }]);
    match(here.check("git")?.found ?? "", /^\d+\.\d+/);
    deepEqual((await doctor(sessions, ["--adapter", "generic", "--json"])).answer, here.answer);

    const bin = join(sessions.sandbox.home, "bin");
    Deno.mkdirSync(bin);
    const bare = await doctor(sessions, [], { PATH: bin });
    equal(bare.code, 1);
    const advice: [name: string, words: RegExp][] = [
      ["codex", /not found.*install it with: npm install -g @openai\/codex$/],
      ["claude", /not found.*install it with: npm install -g @anthropic-ai\/claude-code$/],
      ["script", /Debian: apt install bsdutils/],
      ["tmux", /not found.*Debian: apt install tmux/],
      ["git", /not found.*Debian: apt install git/],
      ["setpriv", /not found.*Debian: apt install util-linux/],
    ];
    for (const [name, words] of advice) {
      equal(bare.check(name)?.ok, false, name);
      match(bare.check(name)?.error ?? "", words);
      match(bare.stderr, new RegExp(`^harnex doctor: (warning: )?${name}: `, "m"));
    }

    Deno.writeTextFileSync(join(bin, "codex"), "#!/bin/sh\necho codex-cli 0.1.0\n", { mode: 0o755 });
    const old = await doctor(sessions, ["--adapter", "codex"], { PATH: `${bin}:${sessions.env["PATH"]}` });
    deepEqual([old.code, old.check("codex")?.found], [1, "0.1.0"]);
    match(old.check("codex")?.error ?? "", /^too old, it must be 0\.128\.0 or newer; install it with: npm /);
  },
});

Deno.test({
  name: "doctor finds what of the state directory is open to others, and its advice closes it",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const { stateDir } = sessions.sandbox;
    await sessions.run(["run", "--id", "w", "sh", "--", "-c", "exit 0"]);
    const generic = ["--adapter", "generic"];
    const folder = join(stateDir, "output");
    const files = [sessions.files("w").events, sessions.files("w").output];
    const ways: { paths: string[]; mode: number; says: RegExp }[] = [
      { paths: [folder], mode: 0o755, says: /output is open to others \(run: (chmod 700 .*output)\)/ },
      { paths: files.slice(0, 1), mode: 0o644, says: /\.jsonl is open to others \(run: (chmod 600 .*\.jsonl)\)/ },
      { paths: files, mode: 0o640, says: /^2 files are open to others, such as .* \(run: (chmod -R go= .*)\)/ },
    ];
    for (const { paths, mode, says } of ways) {
      for (const path of paths) Deno.chmodSync(path, mode);
      const open = await doctor(sessions, generic);
      const { ok: closed, error = "" } = open.check("state-directory") ?? {};
      deepEqual([open.code, closed], [0, false], "it is told, and keeps nobody from working");
      match(error, says);
      const command = says.exec(error)?.[1] ?? "";
      equal((await new Deno.Command("sh", { args: ["-c", command] }).output()).code, 0);
      equal((await doctor(sessions, generic)).check("state-directory")?.ok, true);
    }
  },
});
