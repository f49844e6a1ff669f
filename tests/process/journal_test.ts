/**
 * A host that dies at, before and in the middle of each write to its inbox journal: the agent got what the journal
 * says it got, no message is typed twice, and everybody who asks is told how far it came.
 */

import { equal, ok } from "../support/assert.ts";
import { concurrently } from "../support/concurrently.ts";
import { checkTold, type Death, die, type Left, listDeaths, runAgain, type Told } from "../support/journal_deaths.ts";
import { createSessions } from "../support/sessions.ts";

/** The lines that one message leaves in the journal, in their order. */
const LINES = ["queued", "typing", "typed", "submitted", "accepted", "turn_started", "turn_ended"];
/** What `script` types on the agent's terminal when its own input is at an end. */
const END_OF_FILE = "\x04";
/** At most so many sessions at once on a machine with two cores. */
const AT_ONCE = 7;

const TOLD: Told = {
  queued: ["queued", /^the host died before anything of it was typed$/],
  typing: ["queued", /^the host died while it was typed: part of it may be in the input box$/],
  typed: ["typed", /^the host died after it was typed, before Enter: /],
  submitted: ["submitted", /^the host died when Enter was due, /],
  accepted: undefined,
  turn_started: undefined,
  turn_ended: undefined,
};

/** Whether the agent got what it must have got when the host died at this write: no more, and nothing twice. */
function checkGiven({ nth, id }: Death, given: string): void {
  const text = `from ${id}`;
  const mayBe: readonly string[][] = [
    [""], // queued
    [""], // typing
    Array.from(text, (_, index) => text.slice(0, index)).concat(text), // typed: the text is on its way
    [text], // submitted: its echo has come
    [text, `${text}\n`], // accepted: the terminal has echoed Enter, which the agent may not have read
    [text, `${text}\n`], // turn_started
    [`${text}\n`], // turn_ended
  ];
  ok(mayBe[nth - 1]?.includes(given), `${id} was given ${JSON.stringify(given)}`);
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

Deno.test({
  name:
    `a host killed around each of the ${LINES.length} lines of its journal leaves the truth, and nothing is typed twice`,
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sessions = createSessions();
    const scribe = (id: string, run: 1 | 2) => `${sessions.sandbox.path}/${id}.${run}`;
    const stage = {
      sessions,
      agent: "scribe",
      env: (id: string, run: 1 | 2) => ({ SCRIBE: scribe(id, run) }),
      told: TOLD,
    };
    const deaths = listDeaths(LINES);
    const left = new Map<Death, Left>();
    await concurrently(AT_ONCE, deaths, async (death) => {
      left.set(death, await die(stage, death));
      checkGiven(death, readText(scribe(death.id, 1)).replaceAll(END_OF_FILE, ""));
    });
    await checkTold(stage, deaths);
    await concurrently(AT_ONCE, [...left], async ([death, found]) => {
      await runAgain(stage, death, found);
      equal(readText(scribe(death.id, 2)), `again ${death.id}\n`, death.id);
    });
  },
});
