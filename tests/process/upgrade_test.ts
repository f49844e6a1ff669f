/** A state directory that the established tool has used: its folders are open to everybody, and its files. */

import { dirname, join } from "node:path";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createSessions } from "../support/sessions.ts";

/** Whatever others may do something with below a folder, and the folder itself. */
function listOpen(path: string): string[] {
  const stat = Deno.lstatSync(path);
  const inside = stat.isDirectory ? [...Deno.readDirSync(path)].flatMap(({ name }) => listOpen(join(path, name))) : [];
  return ((stat.mode ?? 0) & 0o077) === 0 ? inside : [path, ...inside];
}

Deno.test("run closes what the established tool left open, which is but a warning of doctor's before", async () => {
  await using sessions = createSessions();
  const { stateDir } = sessions.sandbox;
  const { events, output, record, exit } = sessions.files("s");
  const log = join(stateDir, "logs", "s.log");
  for (const file of [events, output, record, exit, log]) {
    Deno.mkdirSync(dirname(file));
    Deno.chmodSync(dirname(file), 0o755);
    if (file === record) continue;
    Deno.writeTextFileSync(file, file === exit ? "{}" : "");
    Deno.chmodSync(file, 0o644);
  }
  Deno.chmodSync(stateDir, 0o755);
  const before = await sessions.run(["doctor", "--adapter", "generic"]);
  equal(before.code, 0, before.stderr);
  match(before.stderr, /^harnex doctor: warning: state-directory: .* open to others/m);
  await sessions.startReady("s", ["repl"]);
  deepEqual(listOpen(stateDir), []);
  equal((await sessions.ask(["stop", "--id", "s", "--wait"])).code, 0);
  deepEqual(listOpen(stateDir), []);
});

Deno.test("run leaves a folder that is used for other things, too, as open as it is", async () => {
  await using sessions = createSessions();
  const { stateDir } = sessions.sandbox;
  const logs = join(stateDir, "logs");
  const mine = join(stateDir, "mine.txt");
  Deno.writeTextFileSync(mine, "");
  Deno.mkdirSync(logs);
  for (const path of [stateDir, logs, mine]) Deno.chmodSync(path, 0o755);
  equal((await sessions.run(["run", "--id", "s", "true"])).code, 0);
  deepEqual(listOpen(stateDir).sort(), [stateDir, logs, mine].sort());
});
