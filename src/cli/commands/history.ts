/** `harnex history`: lists past and running dispatches. */

import { type PastDispatch, readHistory } from "../../client/history.ts";
import { resolveScope } from "../../client/target.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { duration, flag, integer, text, withDefault } from "../parser/option.ts";
import { EXIT_FAILED, EXIT_USAGE, NO_LIMIT } from "../parser/shared_options.ts";
import { age, type Look, shortDescription, shortRepo, when } from "../ui/cells.ts";
import type { Cell, Column } from "../ui/table.ts";

const OPTIONS = {
  limit: withDefault(integer({ range: { min: 1, max: NO_LIMIT }, help: "maximum number of dispatches" }), {
    value: 20,
    text: "20",
  }),
  since: duration({ help: "only dispatches that ran or ended within this time" }),
  id: text({ placeholder: "TEXT", help: "only ids that contain this text" }),
  all: flag("dispatches of all repositories"),
  json: flag("print a JSON array with all fields"),
  repo: text({
    placeholder: "PATH",
    completes: "directories",
    help: "dispatches of the repository of this directory",
    defaultText: "the current directory",
  }),
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "history",
  paragraph:
    "Lists the dispatches of this repository and how they ended: running ones first, then the most recent. EXIT " +
    "is the verdict, CODE the agent's exit code, TOKENS are input and output tokens, CHANGES are commits and " +
    "changed lines.",
  usage: ["history [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "everything since yesterday, in all repositories", command: "harnex history --all --since 1d" },
    { note: "how the last worker for issue 23 ended", command: "harnex history --id 23 --limit 1 --json" },
  ],
  gotchas: [
    "interrupted means that the session's host died. harnex doctor --sweep finalizes such sessions.",
    "Changes are relative to the files at the start, committed or not.",
    "An unknown number is shown as -.",
  ],
  exitStatus: [["0", "listed, even if there is none"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  execute,
});

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const { store, repoRoot } = await resolveScope(context, options);
  const now = platform.clock.now();
  const dispatches = await readHistory(store, {
    limit: options.limit,
    sinceMs: options.since === undefined ? undefined : now - options.since.ms,
    idText: options.id,
    repoRoot,
  });
  if (options.json) {
    output.json(dispatches);
    return 0;
  }
  if (dispatches.length === 0) {
    output.line(repoRoot === undefined ? "No dispatches." : `No dispatches in ${repoRoot}; see: harnex history --all`);
    return 0;
  }
  const look: Look = { isTerminal: output.isTerminal, now, home: platform.env["HOME"] };
  const repo: readonly Column[] = repoRoot === undefined ? [{ title: "REPO", cut: "start", leaveOut: 4 }] : [];
  output.table(
    [
      { title: "ID" },
      { title: "CLI", leaveOut: 3 },
      { title: "STARTED", leaveOut: 7 },
      { title: "TOOK", align: "right", leaveOut: 6 },
      { title: "EXIT" },
      { title: "CODE", align: "right", leaveOut: 2 },
      { title: "TOKENS", align: "right", leaveOut: 1 },
      { title: "CHANGES", leaveOut: 5 },
      ...repo,
      { title: "DESC", cut: "end" },
    ],
    dispatches.map((dispatch) => row(dispatch, { ...look, withRepo: repo.length > 0 })),
  );
  return 0;
}

function row(dispatch: PastDispatch, look: Look & { withRepo: boolean }): Cell[] {
  const { meta, actual } = dispatch;
  return [
    dispatch.id,
    dispatch.cli,
    // Local time without its offset.
    when(dispatch.started_at, look, (time) => time.slice(0, 16).replace("T", " ")),
    tookOf(dispatch, look.now),
    verdict(dispatch),
    dispatch.exit_code === null ? "-" : String(dispatch.exit_code),
    tokensOf(actual),
    changesOf(actual),
    ...(look.withRepo ? [shortRepo(dispatch.repo_root, look)] : []),
    shortDescription(meta["description"], look),
  ];
}

function verdict({ state, exit }: PastDispatch): Cell {
  if (state === "running") return { text: "running", style: "bold" };
  if (state === "interrupted") return { text: "interrupted", style: "yellow" };
  if (exit === "success") return { text: exit, style: "green" };
  return { text: exit ?? "-", style: exit === "stopped" ? "yellow" : "red" };
}

function tookOf({ state, actual, started_at }: PastDispatch, now: number): string {
  const took = actual["duration_s"];
  if (typeof took === "number") return age(took);
  const started = Date.parse(started_at ?? "");
  return state === "running" && !Number.isNaN(started) ? age((now - started) / 1000) : "-";
}

function tokensOf({ input_tokens: input, output_tokens: output }: PastDispatch["actual"]): string {
  return typeof input === "number" && typeof output === "number" ? `${input}/${output}` : "-";
}

function changesOf({ commits, loc_added: added, loc_removed: removed }: PastDispatch["actual"]): string {
  if (typeof added !== "number" || typeof removed !== "number") return "-";
  const lines = `+${added} -${removed}`;
  return typeof commits === "number" && commits > 0 ? `${commits}c ${lines}` : lines;
}
