/**
 * A host that dies before, in the middle of and after each line of its inbox journal, while it hands a message to the
 * real Codex over JSON-RPC. The judges are what Codex was sent, and what the model was asked.
 */

import { delimiter, join } from "node:path";
import { deepEqual, ok } from "../support/assert.ts";
import { setUpCodex } from "../support/codex_stage.ts";
import { compiledHarnex } from "../support/compiled.ts";
import { concurrently } from "../support/concurrently.ts";
import {
  checkTold,
  type Death,
  die,
  type Left,
  listDeaths,
  runAgain,
  stepsOf,
  textOf,
  type Told,
} from "../support/journal_deaths.ts";
import { say, startMockResponses } from "../support/mock_responses.ts";
import { createSessions } from "../support/sessions.ts";

/** At most so many sessions at once: each is a Codex. */
const AT_ONCE = 4;

const TOLD: Told = {
  queued: ["queued", /^the host died before anything of it was typed$/],
  typed: ["typed", /^the host died before it was sent to the agent$/],
  submitted: [
    "submitted",
    /^the host died when it was sent, before the agent was seen to take it: it may have been taken$/,
  ],
  accepted: undefined,
  turn_started: undefined,
  turn_ended: undefined,
};

/** How often Codex was sent the message, and how often the model may have been asked, when the host died at this line. */
const GIVEN: Readonly<Record<string, { sent: number; asked: readonly number[] }>> = {
  queued: { sent: 0, asked: [0] },
  typed: { sent: 0, asked: [0] },
  submitted: { sent: 0, asked: [0] }, // the line is there before the request leaves
  accepted: { sent: 1, asked: [0, 1] }, // Codex asks the model by itself, until it dies with its host
  turn_started: { sent: 1, asked: [0, 1] },
  turn_ended: { sent: 1, asked: [1] },
};

/** Puts a `codex` before the real one that keeps what each app server is sent in the file that `WIRE` names. */
function listenIn(folder: string, { PATH }: { PATH: string }): string {
  const bin = join(folder, "bin");
  Deno.mkdirSync(bin);
  const real = `PATH='${PATH}' exec codex "$@"`;
  const kept = `tee /dev/fd/3 3>&1 >> "$WIRE" | (${real})`;
  Deno.writeTextFileSync(join(bin, "codex"), `#!/bin/sh\ncase $1 in app-server) ${kept};; *) ${real};; esac\n`, {
    mode: 0o755,
  });
  return [bin, PATH].join(delimiter);
}

/** The texts for which Codex was asked to start a turn. */
function readSent(wire: string): string[] {
  const calls = Deno.readTextFileSync(wire).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  return calls.filter(({ method }) => method === "turn/start").map(({ params }) => params.input[0].text);
}

Deno.test({
  name: "codex: a host killed around each line of its journal leaves the truth, and no prompt reaches the model twice",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using model = startMockResponses(({ prompt }) => say(`re: ${prompt}`));
    await using sessions = createSessions((sandbox) => {
      const env = setUpCodex(sandbox, model);
      return { program: compiledHarnex(), env: { ...env, PATH: listenIn(sandbox.path, env) } };
    });
    const wire = (id: string, run: 1 | 2) => join(sessions.sandbox.path, `${id}.${run}`);
    const stage = {
      sessions,
      agent: "codex",
      env: (id: string, run: 1 | 2) => ({ WIRE: wire(id, run) }),
      told: TOLD,
    };
    const asked = (text: string) => model.requests.filter(({ prompts }) => prompts.includes(text)).length;

    const steps = await stepsOf(stage, "unharmed");
    deepEqual(steps, Object.keys(GIVEN));
    const deaths = listDeaths(steps);
    const left = new Map<Death, Left>();
    await concurrently(AT_ONCE, deaths, async (death) => void left.set(death, await die(stage, death)));
    await checkTold(stage, deaths);
    await concurrently(AT_ONCE, [...left], ([death, found]) => runAgain(stage, death, found));

    for (const death of deaths) {
      const { id, step } = death;
      const text = textOf(death);
      deepEqual(readSent(wire(id, 1)), Array(GIVEN[step]?.sent).fill(text), id);
      ok(GIVEN[step]?.asked.includes(asked(text)), `${id}: the model was asked ${asked(text)} times`);
      deepEqual([readSent(wire(id, 2)), asked(`again ${id}`)], [[`again ${id}`], 1], id);
    }
    const reached = deaths.filter((death) => asked(textOf(death)) > 0).map(({ id }) => id);
    console.log(`${deaths.length} deaths around ${steps.join(", ")}; the model was asked after ${reached.join(", ")}`);
  },
});
