/**
 * A person at the real Claude Code in a tmux window: their drafts and the messages of others each arrive whole and
 * once. `HARNEX_PERSON_SEED` repeats a run.
 */

import { deepEqual, equal } from "../support/assert.ts";
import { type ClaudeStage, PATIENCE_MS, setStage } from "../support/claude_session.ts";
import { openTerminal } from "../support/outer_terminal.ts";
import { randomFrom } from "../support/random.ts";
import { hasTmux } from "../support/tmux_server.ts";
import { until } from "../support/until.ts";

const ROUNDS = 4;
const SEED = Number(Deno.env.get("HARNEX_PERSON_SEED") ?? Date.now() % 1_000_000);

/** The rows on the agent's screen. */
async function screenOf(stage: ClaudeStage): Promise<string> {
  const { port, token } = stage.record("sessions") ?? {};
  const response = await fetch(`http://127.0.0.1:${port}/screen?format=text`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return await response.text();
}

Deno.test({
  name: `drafts typed to claude in tmux stay whole while sends arrive, seed ${SEED}`,
  ignore: !hasTmux(),
  async fn() {
    console.log(`seed ${SEED}`);
    const random = randomFrom(SEED);
    await using stage = await setStage();
    const tmux = ["tmux", "-f", "/dev/null", "new-session", "-x", "100", "-y", "30"];
    await using terminal = await openTerminal([...tmux, ...stage.program, "run", "claude", "--id", "p"], {
      cwd: stage.sandbox.project,
      env: stage.env,
    });
    const ready = ["wait", "--id", "p", "--until", "prompt", "--timeout", "20"];
    await until(PATIENCE_MS, async () => (await stage.run(...ready)).code === 0 || undefined, "the prompt");
    const expected: string[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const draft = `SAY draft ${round}${"abcdefghij".slice(0, 1 + random(10))} end`;
      const at = 1 + random(draft.length - 1);
      for (const [index, letter] of [...draft].entries()) {
        await terminal.type(letter);
        // The blank behind the mark is one that does not break, and one at the end of a row cannot be seen.
        const typed = new RegExp(`❯\\s${draft.slice(0, index + 1).trimEnd()}`);
        const shown = async () => typed.test(await screenOf(stage)) || undefined;
        await until(PATIENCE_MS, shown, `${typed} in ${await screenOf(stage)}`);
        if (index !== at) continue;
        const message = `SAY message ${round}`;
        expected.push(message);
        await stage.answer(0, "send", "--id", "p", "--no-wait", message);
      }
      expected.push(draft);
      await terminal.type("\r");
      const arrived = () => stage.mock.requests.some(({ text }) => text === draft) || undefined;
      await until(PATIENCE_MS, arrived, `${draft} among ${JSON.stringify(stage.mock.requests)}`);
    }
    await stage.mock.arrived(expected.length, AbortSignal.timeout(PATIENCE_MS));
    await stage.answer(0, "wait", "--id", "p", "--until", "prompt", "--timeout", "30");
    deepEqual(stage.mock.requests.map(({ text }) => text).sort(), [...expected].sort());
    equal((await stage.run("stop", "--id", "p", "--wait")).code, 0);
    await terminal.exit;
  },
});
