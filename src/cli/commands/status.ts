/** `harnex status`: its body. */

import { resolve } from "node:path";
import { repoRootOf } from "../../control/repo.ts";
import { readGone, readStatuses, type SessionStatus } from "../../control/status.ts";
import { listLive, openStore } from "../../control/store.ts";
import { age, shortDescription, shortRepo } from "../cells.ts";
import type { CommandContext } from "../context.ts";
import type { StatusInvocation } from "../specs/status.ts";

export async function execute({ options }: StatusInvocation, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const store = openStore(platform);
  const repoRoot = options.all ? undefined : await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  const statuses = await readStatuses(store, { repoRoot, id: options.id });
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
  const now = platform.clock.now();
  output.table(
    [
      { title: "ID" },
      { title: "CLI" },
      { title: "PID", align: "right" },
      { title: "PORT", align: "right" },
      { title: "AGE", align: "right" },
      { title: "IDLE", align: "right" },
      { title: "STATE" },
      { title: "REPO", cut: "start" },
      { title: "DESC", cut: "end" },
    ],
    statuses.map((status) => row(status, { now, home: platform.env["HOME"] })),
  );
  return 0;
}

function row({ payload }: SessionStatus, { now, home }: { now: number; home: string | undefined }): string[] {
  const input = payload["input_state"];
  const state = typeof input === "object" && input !== null && "state" in input ? String(input.state) : "-";
  const started = Date.parse(String(payload["started_at"]));
  const idle = payload["log_idle_s"];
  return [
    String(payload["id"]),
    String(payload["cli"]),
    String(payload["pid"]),
    String(payload["port"]),
    Number.isNaN(started) ? "-" : age((now - started) / 1000),
    typeof idle === "number" ? age(idle) : "-",
    state,
    shortRepo(String(payload["repo_root"]), home),
    shortDescription(payload["description"]),
  ];
}
