/**
 * Hosts that die before, in the middle of and after each line of their inbox journal, and what everybody who asks
 * must be told then. What the agent got is for the test to judge.
 */

import { deepEqual, equal, match, ok } from "./assert.ts";
import { untilGone } from "./processes.ts";
import type { LiveRecord, Sessions } from "./sessions.ts";

export const MOMENTS = ["kill", "tear", "kill-after"] as const;
/** How soon everything of a killed host has to be gone. */
const GONE_MS = 20_000;

export interface Death {
  /** the session's id, and what makes its message different from the others' */
  id: string;
  /** the line at which the host dies */
  step: string;
  moment: typeof MOMENTS[number];
  /** the write of that line, from 1 */
  nth: number;
  /** steps of the whole lines that it leaves */
  left: readonly string[];
  /** the line is the last one of its message */
  last: boolean;
}

/** What is told of a message by the last whole line that it left; undefined: nothing, since the agent took it. */
export type Told = Readonly<Record<string, readonly [step: string, error: RegExp] | undefined>>;

export interface Stage {
  sessions: Sessions;
  /** the agent, and what it is given for the first or second run of an id */
  agent: string;
  env?: (id: string, run: 1 | 2) => Readonly<Record<string, string>>;
  told: Told;
}

/** What a death left, as far as its second run asks for it. */
export interface Left {
  first: LiveRecord;
  /** undefined: not even the first line is whole */
  messageId: string | undefined;
}

/** Three deaths for each of these lines. */
export function listDeaths(steps: readonly string[]): Death[] {
  return steps.flatMap((step, index) =>
    MOMENTS.map((moment) => ({
      id: `${step.replace("_", "-")}-${moment}`,
      step,
      moment,
      nth: index + 1,
      left: steps.slice(0, moment === "kill-after" ? index + 1 : index),
      last: index === steps.length - 1,
    }))
  );
}

/** The whole lines of a session's journal, and what may be torn behind them. */
function readJournal(sessions: Sessions, id: string): { lines: Record<string, unknown>[]; torn: string } {
  const path = sessions.files(id).record.replace("/sessions/", "/inbox/").replace(/json$/, "jsonl");
  const lines = Deno.readTextFileSync(path).split("\n");
  const torn = lines.pop() ?? "";
  return { lines: lines.map((line) => JSON.parse(line)), torn };
}

/** The steps that one message leaves in the journal when nobody dies. */
export async function stepsOf({ sessions, agent, env }: Stage, text: string): Promise<string[]> {
  await sessions.startReady("unharmed", [agent], { env: env?.("unharmed", 1) ?? {} });
  const { code, stderr } = await sessions.ask(["send", "--id", "unharmed", "--wait-for-idle", text]);
  equal(code, 0, stderr);
  return readJournal(sessions, "unharmed").lines.map(({ step }) => String(step));
}

export function textOf({ id }: Death): string {
  return `from ${id}`;
}

/** Runs a session whose host dies at its message, and waits until nothing of it is left. */
export async function die({ sessions, agent, env }: Stage, death: Death): Promise<Left> {
  const { id, nth, moment } = death;
  const fault = { HARNEX_FAULT: `${moment} append inbox ${nth}` };
  const first = await sessions.startReady(id, [agent], { env: { ...env?.(id, 1), ...fault } });
  const sent = await sessions.ask(["send", "--id", id, "--wait-for-idle", textOf(death)]);
  // Whoever waits for the turn's end may be told of it in the moment before.
  if (!death.last) deepEqual([sent.code, sent.answer["state"]], [1, "exited"], id);
  await untilGone(`HARNEX_SESSION_ID=${first.sessionId}`, GONE_MS);
  const { lines, torn } = readJournal(sessions, id);
  equal(torn !== "", moment === "tear", id);
  deepEqual(lines.map(({ step }) => step), death.left, id);
  const messageId = lines[0]?.["message_id"];
  return { first, messageId: typeof messageId === "string" ? messageId : undefined };
}

function toldOf({ told }: Stage, { left }: Death): Told[string] {
  const last = left.at(-1);
  if (last === undefined) return undefined; // nobody saw it
  ok(last in told, `a line that this test knows nothing about: ${last}`);
  return told[last];
}

/** Whether `status` and `doctor` name the messages that the deaths left, and no other. */
export async function checkTold(stage: Stage, deaths: readonly Death[]): Promise<void> {
  const { sessions } = stage;
  const lost = deaths.filter((death) => toldOf(stage, death) !== undefined);
  const status = await sessions.run(["status"]);
  const noted = [...status.stderr.matchAll(/the host of (\S+) died with 1 undelivered message; see/g)];
  deepEqual(noted.map(([, id]) => id).sort(), lost.map(({ id }) => id).sort());
  const { checks } = (await sessions.ask(["doctor", "--adapter", "generic"])).answer;
  ok(Array.isArray(checks));
  const { messages } = checks.find(({ name }) => name === "undelivered-messages");
  deepEqual(
    messages.map((message: Record<string, unknown>) => message["text_preview"]).sort(),
    lost.map(textOf).sort(),
  );
}

/** Runs the id again: its session tells of the message, and is sent a text of its own. */
export async function runAgain(stage: Stage, death: Death, { first, messageId }: Left): Promise<void> {
  const { sessions, agent, env } = stage;
  const { id } = death;
  const second = await sessions.startReady(id, [agent], { env: env?.(id, 2) ?? {} });
  const told = toldOf(stage, death);
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
    deepEqual([response.status, row.status, row.step, row.text_preview], [200, "failed", told[0], textOf(death)], id);
    match(row.error, told[1]);
    deepEqual(failed.map(({ message_id, session_id }) => [message_id, session_id]), [[messageId, first.sessionId]]);
  }
  equal((await sessions.ask(["send", "--id", id, "--wait-for-idle", `again ${id}`])).code, 0, id);
}
