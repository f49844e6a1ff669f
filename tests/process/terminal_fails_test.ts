/**
 * `script` that opens no terminal: tried once more, because then nothing has run, and after that told in its own words.
 */

import { join } from "node:path";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createSessions, type Sessions } from "../support/sessions.ts";

const ignore = Deno.build.os !== "linux";

/** A PATH whose `script` fails this often, and then is the real one. */
function failing(sessions: Sessions, times: number): string {
  const bin = join(sessions.sandbox.home, "bin");
  Deno.mkdirSync(bin);
  const lines = [
    "#!/bin/sh",
    `echo x >> ${bin}/starts`,
    `if [ "$(wc -l < ${bin}/starts)" -le ${times} ]; then`,
    "  echo 'script: openpty failed: no more of them' >&2",
    "  exit 1",
    "fi",
    'PATH=${PATH#*:} exec script "$@"',
    "",
  ];
  Deno.writeTextFileSync(join(bin, "script"), lines.join("\n"), { mode: 0o755 });
  return `${bin}:${sessions.env["PATH"]}`;
}

Deno.test({
  name: "a terminal that cannot be opened is tried once more",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const PATH = failing(sessions, 1);
    const { code, stderr } = await sessions.run(["run", "--id", "t", "sh", "--", "-c", "echo ran >> ran; exit 7"], {
      env: { PATH },
    });
    equal(code, 7, stderr);
    equal(Deno.readTextFileSync(join(sessions.sandbox.project, "ran")), "ran\n");
  },
});

Deno.test({
  name: "a terminal that cannot be opened at all is told with what script said, by run and by doctor",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const env = { PATH: failing(sessions, 1_000) };
    for (const mode of [[], ["--detach"]]) {
      const { code, stderr } = await sessions.run(["run", "--id", "t", ...mode, "sh", "--", "-c", "exit 7"], { env });
      equal(code, 1);
      match(
        stderr,
        /^harnex run: script could not open a terminal for \S+\/sh: script: openpty failed: no more of them; try: harnex doctor\n$/,
      );
    }
    const { code, answer } = await sessions.ask(["doctor", "--adapter", "generic"], { env });
    const checks: { name: string; ok: boolean; error?: string }[] = JSON.parse(JSON.stringify(answer["checks"]));
    const script = checks.find(({ name }) => name === "script");
    deepEqual([code, script?.ok], [1, false]);
    match(script?.error ?? "", /^script: openpty failed: no more of them; Debian: apt install /);
  },
});
