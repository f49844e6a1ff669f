/** `harnex status`: lists live sessions. */

import { readGone, readStatuses, type SessionStatus } from "../../client/status.ts";
import { listLive, type Store } from "../../client/store.ts";
import { resolveScope } from "../../client/target.ts";
import { findUnaccounted } from "../../client/undelivered.ts";
import { slugOf } from "../../store/paths.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { flag, sessionId } from "../parser/option.ts";
import { EXIT_FAILED, EXIT_USAGE, REPO } from "../parser/shared_options.ts";
import { age, type Look, shortDescription, shortRepo } from "../ui/cells.ts";
import type { Output } from "../ui/output.ts";
import type { Style } from "../ui/paint.ts";
import type { Cell } from "../ui/table.ts";

const OPTIONS = {
  id: sessionId({ help: "only this session" }),
  all: flag("sessions of all repositories"),
  json: flag("print a JSON array of full status objects"),
  repo: REPO,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "status",
  paragraph:
    "Lists the live sessions of this repository, newest first. IDLE is the time since the agent's last output, " +
    "STATE the state of the agent. harnex never assumes that an agent is ready: without evidence the state is " +
    "unknown.",
  usage: ["status [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "all sessions on this machine", command: "harnex status --all" },
    { note: "one session, for a script", command: "harnex status --id cx-1 --json" },
  ],
  gotchas: [
    "prompt means that the agent accepts a message, not that its work is done.",
    "A session that does not answer within 250 ms is listed without a state.",
    "Ended sessions are not listed. history, wait and logs still find them, and so does --json with --id: its " +
    "field source names the origin of the answer.",
  ],
  exitStatus: [["0", "listed, even if there is none"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  execute,
});

/** Green accepts a message, yellow works, red needs an answer. */
const STYLES: Readonly<Record<string, Style>> = { prompt: "green", busy: "yellow", blocked: "red", unknown: "dim" };

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const { store, repoRoot } = await resolveScope(context, options);
  const statuses = await readStatuses(store, { repoRoot, id: options.id });
  await noteUndelivered(store, { output, id: options.id, repoRoot });
  if (options.json) {
    const gone = options.id !== undefined && statuses.length === 0;
    output.json(
      gone ? await readGone(store, { repoRoot, id: options.id }) : statuses.map(({ payload }) => payload),
    );
    return 0;
  }
  if (statuses.length === 0) {
    const elsewhere = repoRoot === undefined ? 0 : (await listLive(store, undefined)).length;
    output.line(repoRoot === undefined ? "No active harnex sessions." : `No active harnex sessions for ${repoRoot}.`);
    if (elsewhere > 0) {
      output.line(`${elsewhere} ${elsewhere === 1 ? "runs" : "run"} elsewhere; see: harnex status --all`);
    }
    return 0;
  }
  const look: Look = { isTerminal: output.isTerminal, now: platform.clock.now(), home: platform.env["HOME"] };
  output.table(
    [
      { title: "ID" },
      { title: "CLI", leaveOut: 4 },
      { title: "PID", leaveOut: 2 },
      { title: "PORT", leaveOut: 1 },
      { title: "AGE", leaveOut: 5 },
      { title: "IDLE", leaveOut: 6 },
      { title: "STATE" },
      { title: "REPO", cut: "start", leaveOut: 3 },
      { title: "DESC", cut: "end" },
    ],
    statuses.map((status) => row(status, look)),
  );
  return 0;
}

/** Dead sessions are not listed, but undelivered messages of a dead host are reported. */
async function noteUndelivered(
  store: Store,
  { output, id, repoRoot }: { output: Output; id: string | undefined; repoRoot: string | undefined },
): Promise<void> {
  for (const { name, messages } of await findUnaccounted(store, repoRoot)) {
    const slug = name.slice(name.indexOf("--") + 2);
    if (id !== undefined && slug !== slugOf(id)) continue;
    const count = `${messages.length} undelivered ${messages.length === 1 ? "message" : "messages"}`;
    output.note(`harnex status: the host of ${slug} died with ${count}; see: harnex doctor`);
  }
}

function row({ payload }: SessionStatus, look: Look): Cell[] {
  const input = payload["input_state"];
  const state = typeof input === "object" && input !== null && "state" in input ? String(input.state) : "-";
  const started = Date.parse(String(payload["started_at"]));
  const idle = payload["log_idle_s"];
  return [
    String(payload["id"]),
    String(payload["cli"]),
    String(payload["pid"]),
    String(payload["port"]),
    Number.isNaN(started) ? "-" : age((look.now - started) / 1000),
    typeof idle === "number" ? age(idle) : "-",
    { text: state, style: STYLES[String(payload["agent_state"])] ?? "dim" },
    shortRepo(String(payload["repo_root"]), look),
    shortDescription(payload["description"], look),
  ];
}
