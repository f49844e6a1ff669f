/** `harnex explain`: its body. */

import { resolve } from "node:path";
import { createDeadline } from "../../platform/waiting.ts";
import { repoRootOf } from "../../client/repo.ts";
import { addressOf, createSessionClient } from "../../client/session_client.ts";
import { getLive, openStore } from "../../client/store.ts";
import { HarnexError } from "../../model/errors.ts";
import { age, type Look, when } from "../ui/cells.ts";
import type { CommandContext } from "../context.ts";
import type { ExplainInvocation } from "../specs/explain.ts";

const ANSWER_MS = 5_000;
/** A recording of more than this is a whole day: cut the part that matters out of it. */
const RECORDING_LIMIT = 64 << 20;

export async function execute(invocation: ExplainInvocation, context: CommandContext): Promise<number> {
  const { id, recording } = invocation.options;
  if (id !== undefined) return await explainSession(id, invocation, context);
  return await explainRecording(recording ?? "", invocation, context);
}

async function explainSession(id: string, { options }: ExplainInvocation, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  const { record } = await getLive(openStore(platform), { id, repoRoot, cli: options.cli });
  using deadline = createDeadline(platform, ANSWER_MS);
  const client = createSessionClient(addressOf(record));
  const { status, body } = await client.call("GET", "/explain", { signal: deadline.signal });
  if (status !== 200) throw new HarnexError("failed", String(body["error"] ?? `the session answered ${status}`));
  if (options.json) {
    output.json({ ...body, id: record.id });
    return 0;
  }
  const look: Look = { isTerminal: output.isTerminal, now: platform.clock.now(), home: undefined };
  const since = output.isTerminal
    ? `for ${age((look.now - Date.parse(String(body["since"]))) / 1000)}`
    : `since ${body["since"]}`;
  output.line(`${record.id} is ${body["agent_state"]} (${body["input_state"]}) ${since}, by: ${body["source"]}`);
  output.line(`turn: ${body["turn"] === null ? "none" : JSON.stringify(body["turn"])}`);
  if (body["blocked"] !== null) output.line(`asks: ${JSON.stringify(body["blocked"])}`);
  const evidence = Array.isArray(body["evidence"]) ? body["evidence"] : [];
  output.table(
    [{ title: "SOURCE" }, { title: "SAYS" }, { title: "SINCE" }, { title: "LAST" }, { title: "AGREES" }],
    evidence.map((row) =>
      [row.source, row.says, when(row.since, look), when(row.last, look), row.agrees ? "yes" : "no"].map(String)
    ),
  );
  const screen = Array.isArray(body["screen"]) ? body["screen"] : [];
  if (screen.length > 0) output.line("screen:");
  for (const row of screen) output.line(`  ${row}`);
  return 0;
}

async function explainRecording(
  path: string,
  { options }: ExplainInvocation,
  { platform, output, cwd }: CommandContext,
): Promise<number> {
  const { AGENTS } = await import("../../adapters/mod.ts");
  const { readAgentFile } = await import("../../store/agent_files.ts");
  const name = options.agent ?? "";
  const adapter = await AGENTS.findScreen(name, await readAgentFile(platform.files, platform.env, name));
  const bytes = await platform.files.readRange(resolve(cwd, path), { offset: 0, maxBytes: RECORDING_LIMIT });
  if (bytes === undefined) throw new HarnexError("not_found", `no such file: ${path}`);
  const { replay } = await import("../../host/turn/replay.ts");
  for await (const { offset, signal } of replay(adapter, bytes, { rows: options.rows, columns: options.columns })) {
    if (options.json) output.json({ offset, ...signal });
    else output.line(`${String(offset).padStart(9)}  ${signal.kind} (${signal.label})`);
  }
  return 0;
}
