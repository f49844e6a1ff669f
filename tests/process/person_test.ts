/**
 * A person at the agent's terminal comes first: messages wait for their draft, and nothing is merged.
 */

import { harnexProgram } from "../support/cli.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import type { OuterTerminal } from "../support/outer_terminal.ts";
import { randomFrom } from "../support/random.ts";
import { createSessions, type Sessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";

const ignore = Deno.build.os !== "linux";

/** tmux mixes sequences of its own into what a person sees; the transcript is what the agent's terminal echoed. */
function shown(sessions: Sessions, text: string): Promise<true> {
  return until(20_000, () => sessions.transcript("p").includes(text) ? true : undefined, text);
}

/** Types a draft letter by letter, each when the one before is shown, and sends messages somewhere between. */
async function scene(sessions: Sessions, terminal: OuterTerminal, seed: number): Promise<void> {
  const random = randomFrom(seed);
  const expected: string[] = [];
  const sends: Promise<unknown>[] = [];
  for (let round = 1; round <= 3; round++) {
    const draft = `draft${seed}x${round}${"abcdefgh".slice(0, 1 + random(8))}z`;
    const at = 1 + random(draft.length - 1);
    for (const [index, letter] of [...draft].entries()) {
      await terminal.type(letter);
      await shown(sessions, draft.slice(0, index + 1));
      if (index !== at) continue;
      const text = `message${seed}x${round}y`;
      expected.push(text);
      // It is there before the next letter is typed.
      sends.push(sessions.ask(["send", "--id", "p", "--no-wait", text]));
      await Promise.all(sends);
    }
    expected.push(draft);
    await terminal.type("\r");
    await shown(sessions, `did: ${draft}\r`);
  }
  await until(30_000, () => {
    const done = expected.every((text) => sessions.transcript("p").includes(`did: ${text}\r`));
    return done ? true : undefined;
  }, `${expected} in ${sessions.transcript("p")}`);
  const did = [...sessions.transcript("p").matchAll(/did: (.*)\r/g)].map((found) => found[1]).slice(-expected.length);
  deepEqual([...did].sort(), [...expected].sort(), `seed ${seed}`);
}

for (const how of ["a foreground session", "a tmux window", "an attached terminal"] as const) {
  Deno.test({
    name: `drafts typed in ${how} stay whole while sends arrive, which are delivered after`,
    ignore,
    async fn() {
      await using sessions = createSessions();
      const program = harnexProgram();
      const argv = {
        "a foreground session": [...program, "run", "--id", "p", "repl"],
        "a tmux window": [
          ...["tmux", "-f", "/dev/null", "-S", `${sessions.sandbox.path}/tmux`, "new-session", "-x", "100", "-y", "30"],
          ...[...program, "run", "--id", "p", "repl"],
        ],
        "an attached terminal": [...program, "attach", "--id", "p"],
      }[how];
      if (how === "an attached terminal") await sessions.startReady("p", ["repl"]);
      await using terminal = await sessions.open(argv);
      const ready = ["wait", "--id", "p", "--until", "prompt", "--timeout", "20"];
      await until(30_000, async () => (await sessions.run(ready)).code === 0 ? true : undefined, "the prompt");
      const seeds = Array.from({ length: 3 }, () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 1);
      console.log(`seeds: ${seeds.join(", ")}`);
      for (const seed of seeds) await scene(sessions, terminal, seed);
      equal((await sessions.ask(["stop", "--id", "p", "--wait", "--kill-after", "1"])).code, 0);
      await terminal.exit;
    },
  });
}

Deno.test({
  name: "a draft that is left in the box holds messages, also forced ones, until it is gone",
  ignore,
  async fn() {
    await using sessions = createSessions();
    await using terminal = await sessions.open([...harnexProgram(), "run", "--id", "p", "repl"]);
    await terminal.output.until(/>/);
    await terminal.type("half a thou");
    await terminal.output.until(/half a thou/);
    const sent = sessions.ask(["send", "--id", "p", "waits"]);
    const forced = sessions.ask(["send", "--id", "p", "--force", "forced"]);
    await until(20_000, () => sessions.events("p").some(({ type }) => type === "queued") ? true : undefined, "queued");
    ok(!sessions.transcript("p").includes("waits"));
    await terminal.type("\x7f".repeat("half a thou".length));
    deepEqual([(await sent).answer["status"], (await forced).answer["status"]], ["delivered", "delivered"]);
    const did = [...sessions.transcript("p").matchAll(/did: (.*)\r/g)].map((found) => found[1]);
    deepEqual(did.sort(), ["forced", "waits"]);
  },
});
