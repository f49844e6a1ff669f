/** Checks of a probe that need no tool: the boot, a turn, its evidence, its text, a question. */

import { type Act, completeTurn, fail, isBlocked, isTurnEnd, labelsOf, NEXT, say } from "./act.ts";

export async function bootDialog({ trial: { bootDialog: expected }, session }: Act): Promise<string> {
  if (expected === undefined) return "not tried: this agent asks nothing at boot";
  const asked = await session.event("the question at boot", isBlocked);
  const choices = labelsOf(asked);
  if (asked["on"] !== expected.on) fail(`it asks about ${asked["on"]}, not about ${expected.on}`);
  const label = choices.find((choice) => expected.yes.test(choice));
  if (label === undefined) fail(`none of its answers is ${expected.yes}: ${choices.join(", ")}`);
  await session.answer({ kind: "choice", label });
  return `${asked["on"]}: answered "${label}"`;
}

export async function prompt({ session }: Act): Promise<string> {
  await session.reach("prompt");
  const reached = session.events.find(({ type, to }) => type === "state" && to === "prompt");
  return `reported by ${reached?.["source"] ?? "its state"}`;
}

export async function turn(act: Act): Promise<string> {
  const answer = "Hello from the mock model.";
  const { evidence, end } = await completeTurn(act, "Say hello to the probe.", [say(answer)]);
  if (evidence === undefined) fail("nothing showed that the message was taken");
  if (end["last_message"] !== answer) fail(`the answer came out as ${JSON.stringify(end["last_message"])}`);
  return `taken by evidence "${evidence}", completed`;
}

export function reports({ trial: { turnEndsBy }, session }: Act): Promise<string> {
  const source = session.events.find(isTurnEnd)?.["source"];
  if (source !== turnEndsBy) fail(`the end of the turn was reported by ${source}, not by ${turnEndsBy}`);
  return Promise.resolve(`by ${turnEndsBy}`);
}

export function versionInUse({ trial, lane, version }: Act): Promise<string> {
  const inUse = trial.version.exec(lane.userAgent)?.[1];
  if (inUse === undefined) return Promise.resolve("not tried: the agent's requests do not name it");
  if (inUse !== version) fail(`the program says ${version ?? "nothing"}, its requests say ${inUse}`);
  return Promise.resolve(inUse);
}

/** Lines of different lengths, with what breaks when bytes or surrogates are counted wrongly. */
function longMessage(): string {
  const hard = 'na\u00efve e\u0301 \u6f22\u5b57 \u{1f469}\u200d\u{1f467} `code` "quotes" $HOME \\n ';
  const lines = Array.from({ length: 24 }, (_, index) => `${index + 1}. ${hard.repeat(1 + index % 4)}end`);
  return ["A long task:", ...lines.slice(0, 12), "", "  indented", ...lines.slice(12), "the end"].join("\n");
}

export async function longText(act: Act): Promise<string> {
  const text = longMessage();
  await completeTurn(act, text, [say("Read it.")]);
  return `${new TextEncoder().encode(text).length} bytes in ${text.split("\n").length} lines`;
}

export async function question(act: Act): Promise<string> {
  const { trial, lane, session } = act;
  if (trial.question === undefined) return "not tried: this agent has no questions of its own";
  const { reply, choice } = trial.question;
  const from = session.events.length;
  lane.reply(reply, say("Thank you."));
  await session.send(NEXT);
  const asked = await session.event("the question", isBlocked, from);
  if (asked["on"] !== "question") fail(`it shows as ${asked["on"]}, not as a question`);
  if (!labelsOf(asked).includes(choice)) fail(`its answers are ${labelsOf(asked).join(", ")}`);
  await session.answer({ kind: "choice", label: choice });
  await session.event("the end of the turn", isTurnEnd, from);
  await session.reach("prompt");
  if (!lane.toolResults.some((result) => result.includes(choice))) fail("the model did not get the answer");
  return `answered "${choice}"`;
}
