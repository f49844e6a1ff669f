/** Checks of a probe in which the agent runs a tool: permissions, a background process, an interrupt, the stop. */

import type { ProcessRef } from "../../platform/platform.ts";
import { untilFound } from "../../platform/waiting.ts";
import { type Act, completeTurn, fail, isBlocked, isTurnEnd, NEXT, say, takeTurn } from "./act.ts";
import { TURN_MS } from "./rehearsal.ts";

const LOOK_MS = 50;

/** A turn in which the agent asks for permission, and what came of it. */
async function askedTurn(act: Act, file: string, decision: "approve" | "deny") {
  const { trial, lane, session } = act;
  const from = session.events.length;
  lane.reply(trial.shell(`echo ran > ${file}`), say("The tool has run."));
  await session.send(NEXT);
  const blocked = await session.event(
    "the question for permission",
    (event) => isBlocked(event) || isTurnEnd(event),
    from,
  );
  if (!isBlocked(blocked)) fail("the turn ended without a question for permission");
  if (blocked["on"] !== "permission") fail(`it shows as ${blocked["on"]}, not as a permission`);
  if (await exists(act, file)) fail("the tool ran before it was answered");
  await session.answer({ kind: "decision", decision });
  const end = await session.event("the end of the turn", isTurnEnd, from);
  await session.reach("prompt");
  return { end, ran: await exists(act, file) };
}

export async function askApproved(act: Act): Promise<string> {
  const { ran, end } = await askedTurn(act, "approved.txt", "approve");
  if (!ran) fail("the approved tool did not run");
  if (end.type !== "task_complete") fail(`the turn ended as ${end["status"] ?? end.type}`);
  return "blocked, approved, ran";
}

export async function askDenied(act: Act): Promise<string> {
  const { ran, end } = await askedTurn(act, "denied.txt", "deny");
  if (ran) fail("the denied tool ran");
  return `blocked, denied, did not run; the turn ended as ${end["status"] ?? end.type}`;
}

export async function auto(act: Act): Promise<string> {
  const { from } = await completeTurn(act, NEXT, [act.trial.shell("echo ran > auto.txt"), say("The tool has run.")]);
  if (!(await exists(act, "auto.txt"))) fail("the tool did not run");
  if (act.session.events.slice(from).some(isBlocked)) fail("the session was blocked");
  return "ran";
}

export async function deny(act: Act): Promise<string> {
  const { session } = act;
  await session.reach("prompt");
  const { end, from } = await takeTurn(act, NEXT, [act.trial.shell("echo ran > deny.txt"), say("It was denied.")]);
  await session.reach("prompt");
  if (await exists(act, "deny.txt")) fail("the tool ran");
  if (session.events.slice(from).some(isBlocked)) fail("the session was blocked");
  return `did not run; the turn ended as ${end["status"] ?? end.type}`;
}

/** Stays until it is ended; `sleep` alone is refused by some agents. */
const STAYS = "exec tail -f /dev/null";

export async function outlivingTool(act: Act): Promise<string> {
  const file = "daemon.pid";
  const daemon = act.trial.leaveRunning(`sh -c 'echo $$ > ${file}; ${STAYS}'`);
  const command = `${daemon} while [ ! -s ${file} ]; do :; done; echo started`;
  await completeTurn(act, NEXT, [act.trial.shell(command), say("It runs.")]);
  const tool = await toolIn(act, file);
  if (!(await act.platform.processes.isAlive(tool))) fail("the tool ended with its turn");
  return "the turn is complete, the tool runs on";
}

export async function interrupt(act: Act): Promise<string> {
  const { session, lane, trial } = act;
  const from = session.events.length;
  lane.reply(trial.shell(`echo $$ > tool.pid; ${STAYS}`), say("never said"));
  await session.send(NEXT);
  await toolIn(act, "tool.pid");
  const { reason } = await session.stop();
  const end = session.events.slice(from).find(isTurnEnd);
  if (end?.["status"] !== "interrupted") {
    fail(`the turn ended as ${end?.["status"] ?? "nothing"}, and the session as ${reason}`);
  }
  return `reported by ${end["source"]}`;
}

/** The process whose id a tool has written into a file of the project; it must not outlive the session. */
async function toolIn(act: Act, file: string): Promise<ProcessRef> {
  const { platform: { clock, files, processes }, session, remember } = act;
  const look = async () => {
    const text = await files.readText(`${session.room.project}/${file}`);
    return text?.endsWith("\n") ? text.trim() : undefined;
  };
  const pid = await untilFound(look, { clock, everyMs: LOOK_MS, limitMs: TURN_MS });
  if (pid === undefined) fail("the tool did not run");
  const tool = await processes.find(Number(pid));
  if (tool === undefined) fail("the process of the tool is gone");
  remember(tool);
  return tool;
}

export async function stop({ session, tools, platform: { processes } }: Act): Promise<string> {
  const { reason, left } = await session.stop();
  const alive: string[] = [];
  for (const tool of tools) if (await processes.isAlive(tool)) alive.push(`the tool ${tool.pid}`);
  const all = [...left, ...alive];
  if (all.length > 0) fail(`left: ${all.join(", ")}`);
  return `ended as ${reason}, nothing left`;
}

async function exists({ platform: { files }, session }: Act, file: string): Promise<boolean> {
  return (await files.stat(`${session.room.project}/${file}`)) !== undefined;
}
