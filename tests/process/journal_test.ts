/**
 * A host that dies at, before and in the middle of each write to its inbox journal: the agent got what the journal
 * says it got, no message is typed twice, and everybody who asks is told how far it came.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { untilGone } from "../support/processes.ts";
import { createSessions, type LiveRecord, type Sessions } from "../support/sessions.ts";

/** The lines that one message leaves in the journal, in their order. */
const LINES = ["queued", "typing", "typed", "submitted", "accepted", "turn_started", "turn_ended"];
const MOMENTS = ["kill", "tear", "kill-after"] as const;
/** What `script` types on the agent's terminal when its own input is at an end. */
const END_OF_FILE = "\x04";
/** At most so many sessions at once on a machine with two cores. */
const AT_ONCE = 7;

interface Death {
  id: string;
  /** the write at which the host dies, from 1 */
  nth: number;
  moment: typeof MOMENTS[number];
  /** whole lines that it leaves */
  lines: number;
}

const DEATHS: readonly Death[] = LINES.flatMap((line, index) =>
  MOMENTS.map((moment) => ({
    id: `${line}-${moment}`,
    nth: index + 1,
    moment,
    lines: moment === "kill-after" ? index + 1 : index,
  }))
);

/** What is told of a message that left so many lines; undefined: nothing, since nobody saw it or the agent took it. */
const TOLD: readonly (readonly [step: string, error: RegExp] | undefined)[] = [
  undefined,
  ["queued", /^the host died before anything of it was typed$/],
  ["queued", /^the host died while it was typed: part of it may be in the input box$/],
  ["typed", /^the host died after it was typed, before Enter: /],
  ["submitted", /^the host died when Enter was due, /],
];

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

/** Runs a session whose host dies at its message; gives what the journal then holds. */
async function die(sessions: Sessions, death: Death): Promise<{ first: LiveRecord; messageId: string | undefined }> {
  const { id, nth, moment } = death;
  const scribe = `${sessions.sandbox.path}/${id}.1`;
  const env = { HARNEX_FAULT: `${moment} append inbox ${nth}`, SCRIBE: scribe };
  const first = await sessions.startReady(id, ["scribe"], { env });
  const sent = await sessions.ask(["send", "--id", id, "--wait-for-idle", `from ${id}`]);
  // Whoever waits for the turn's end may be told of it in the moment before.
  if (nth < LINES.length) deepEqual([sent.code, sent.answer["state"]], [1, "exited"], id);
  await untilGone(`HARNEX_SESSION_ID=${first.sessionId}`, 20_000);
  checkGiven(death, readText(scribe).replaceAll(END_OF_FILE, ""));

  const journal = sessions.files(id).record.replace("/sessions/", "/inbox/").replace(/json$/, "jsonl");
  const lines = readText(journal).split("\n");
  const torn = lines.pop() ?? "";
  equal(torn !== "", moment === "tear", id);
  const left = lines.map((line) => JSON.parse(line));
  deepEqual(left.map(({ step }) => step), LINES.slice(0, death.lines), id);
  return { first, messageId: left[0]?.message_id };
}

/** Runs the id again: its session tells of the message, and types only what it is given itself. */
async function runAgain(
  sessions: Sessions,
  death: Death,
  { first, messageId }: { first: LiveRecord; messageId: string | undefined },
): Promise<void> {
  const { id, lines } = death;
  const scribe = `${sessions.sandbox.path}/${id}.2`;
  const second = await sessions.startReady(id, ["scribe"], { env: { SCRIBE: scribe } });
  const told = TOLD[lines];
  const { undelivered = [] } = await (await sessions.call(second, "/status")).json();
  deepEqual(
    undelivered.map((message: Record<string, unknown>) => [message["message_id"], message["step"]]),
    told === undefined ? [] : [[messageId, told[0]]],
    id,
  );
  const response = await sessions.call(second, `/messages/${messageId}`);
  const row = await response.json();
  const failed = sessions.events(id).filter(({ type }) => type === "failed");
  if (told === undefined) {
    deepEqual([response.status, failed], [404, []], id);
  } else {
    deepEqual([response.status, row.status, row.step, row.text_preview], [200, "failed", told[0], `from ${id}`], id);
    match(row.error, told[1]);
    deepEqual(failed.map(({ message_id, session_id }) => [message_id, session_id]), [[messageId, first.sessionId]]);
  }
  equal((await sessions.ask(["send", "--id", id, "--wait-for-idle", "from the second"])).code, 0, id);
  equal(readText(scribe), "from the second\n", id);
}

async function forAll<T>(work: (death: Death) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let at = 0; at < DEATHS.length; at += AT_ONCE) {
    results.push(...await Promise.all(DEATHS.slice(at, at + AT_ONCE).map(work)));
  }
  return results;
}

Deno.test({
  name:
    `a host killed around each of the ${LINES.length} lines of its journal leaves the truth, and nothing is typed twice`,
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sessions = createSessions();
    const left = await forAll((death) => die(sessions, death));

    const status = await sessions.run(["status"]);
    const doctor = await sessions.ask(["doctor", "--adapter", "generic"]);
    const { checks } = doctor.answer;
    ok(Array.isArray(checks));
    const check = checks.find(({ name }) => name === "undelivered-messages");
    const lost = DEATHS.flatMap(({ id, lines }) => TOLD[lines] === undefined ? [] : [id]);
    const noted = [...status.stderr.matchAll(/the host of (\S+) died with 1 undelivered message; see/g)];
    deepEqual(noted.map(([, id]) => id).sort(), lost.map((id) => id.replace("_", "-")).sort());
    deepEqual(
      check.messages.map((message: Record<string, unknown>) => message["text_preview"]).sort(),
      lost.map((id) => `from ${id}`).sort(),
    );

    const found = new Map(DEATHS.map((death, index) => [death, left[index]]));
    await forAll(async (death) => {
      const one = found.get(death);
      if (one !== undefined) await runAgain(sessions, death, one);
    });
  },
});
