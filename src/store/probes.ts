/**
 * Owns the folder of the probes: one outcome per agent program and version, the reports of failed probes, and the
 * throw-away folders of the probes that run now.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Files, Processes, ProcessRef } from "../platform/platform.ts";
import { fieldsOf, listOf, numberOf, parseObject, stringField, textOf } from "../text/json.ts";
import { type Paths, slugOf } from "./paths.ts";

/** One thing that a probe checked. */
export interface ProbeCheck {
  name: string;
  ok: boolean;
  detail?: string;
  /** the guarantee that is weaker because this does not hold */
  weaker?: string;
}

/** How a probe came out. */
export interface ProbeOutcome {
  agent: string;
  /** the absolute path of the agent's program, without symlinks */
  program: string;
  /** undefined if the program does not say it */
  version: string | undefined;
  /** the version of harnex */
  harnex: string;
  /** milliseconds since the epoch */
  at: number;
  ok: boolean;
  checks: readonly ProbeCheck[];
}

interface Place {
  files: Files;
  paths: Paths;
}

const EXTENSION = ".json";
const STAGE_PREFIX = "stage-";
/** Names the process that a throw-away folder belongs to. */
const OWNER = "owner.json";
const NAME_DIGITS = 12;

/** Replaces the outcome of the same program and version, and removes the report that belonged to it. */
export async function writeOutcome({ files, paths }: Place, outcome: ProbeOutcome): Promise<void> {
  await files.makeDirectory(paths.probes);
  await files.remove(reportPath(paths, outcome));
  await files.replace(join(paths.probes, `${nameOf(outcome)}${EXTENSION}`), `${JSON.stringify(outcome)}\n`);
}

/** Writes a report for a person; gives its path. */
export async function writeReport({ files, paths }: Place, outcome: ProbeOutcome, text: string): Promise<string> {
  await files.makeDirectory(paths.probes);
  const path = reportPath(paths, outcome);
  await files.replace(path, text);
  return path;
}

/** Every outcome, newest first; a damaged file counts as none. */
export async function listOutcomes({ files, paths }: Place): Promise<ProbeOutcome[]> {
  const names = (await files.list(paths.probes)).filter((name) => name.endsWith(EXTENSION));
  const texts = await Promise.all(names.map((name) => files.readText(join(paths.probes, name))));
  const outcomes = texts.map((text) => parseOutcome(text ?? "")).filter((outcome) => outcome !== undefined);
  return outcomes.sort((one, other) => other.at - one.at);
}

/** The newest outcome of this program, and of this version if that is known. */
export async function findOutcome(
  place: Place,
  { program, version }: { program: string; version: string | undefined },
): Promise<ProbeOutcome | undefined> {
  const outcomes = await listOutcomes(place);
  return outcomes.find((one) => one.program === program && (version === undefined || one.version === version));
}

/** How many guarantees one line names. */
const NAMED = 2;

/** The guarantees that are weaker by this outcome, on one line. */
export function weakerOf({ checks }: Pick<ProbeOutcome, "checks">): string {
  const weaker = [...new Set(checks.flatMap((check) => check.ok || check.weaker === undefined ? [] : [check.weaker]))];
  const more = weaker.length - NAMED;
  return `${weaker.slice(0, NAMED).join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

function reportPath(paths: Paths, outcome: ProbeOutcome): string {
  return join(paths.probes, `${nameOf(outcome)}.report.txt`);
}

function nameOf({ agent, program, version = "" }: ProbeOutcome): string {
  const digest = createHash("sha256").update(`${program}\0${version}`).digest("hex").slice(0, NAME_DIGITS);
  return `${slugOf(agent)}-${digest}`;
}

function parseOutcome(text: string): ProbeOutcome | undefined {
  const row = parseObject(text);
  if (row === undefined) return undefined;
  const [agent, program, harnex] = [textOf(row["agent"]), textOf(row["program"]), textOf(row["harnex"])];
  const [at, ok] = [numberOf(row["at"]), row["ok"]];
  if (agent === undefined || program === undefined || harnex === undefined) return undefined;
  if (at === undefined || typeof ok !== "boolean") return undefined;
  const checks = listOf(row["checks"]).flatMap((check) => parseCheck(check) ?? []);
  return { agent, program, version: textOf(row["version"]), harnex, at, ok, checks };
}

function parseCheck(value: unknown): ProbeCheck | undefined {
  const { ok, ...row } = fieldsOf(value);
  const [name, detail, weaker] = [stringField(row, "name"), stringField(row, "detail"), stringField(row, "weaker")];
  if (name === undefined || typeof ok !== "boolean") return undefined;
  return { name, ok, ...(detail === undefined ? {} : { detail }), ...(weaker === undefined ? {} : { weaker }) };
}

/** Makes the throw-away folder of a probe that runs in the process `owner`. */
export async function makeStageFolder(
  { files, paths }: Place,
  { owner, name }: { owner: ProcessRef; name: string },
): Promise<string> {
  const folder = join(paths.probes, `${STAGE_PREFIX}${name}`);
  await files.makeDirectory(folder);
  await files.replace(join(folder, OWNER), JSON.stringify({ pid: owner.pid, start: owner.start }));
  return folder;
}

/** The throw-away folders of probes that were killed, each with its name. */
export async function listDeadStages(
  { files, paths }: Place,
  processes: Pick<Processes, "isAlive">,
): Promise<{ folder: string; name: string }[]> {
  const dead: { folder: string; name: string }[] = [];
  for (const entry of await files.list(paths.probes)) {
    if (!entry.startsWith(STAGE_PREFIX)) continue;
    const folder = join(paths.probes, entry);
    const owner = parseObject(await files.readText(join(folder, OWNER)) ?? "") ?? {};
    const [pid, start] = [numberOf(owner["pid"]), textOf(owner["start"])];
    if (pid !== undefined && start !== undefined && await processes.isAlive({ pid, start })) continue;
    dead.push({ folder, name: entry.slice(STAGE_PREFIX.length) });
  }
  return dead;
}
