/**
 * The public surface of a harnex as one JSON description: help, exit statuses, what commands print, events, files and
 * the API. `deno run -A tests/support/surface.ts <binary>` prints that of a compiled one.
 */

import { resolve } from "node:path";
import { concurrently } from "./concurrently.ts";
import { commonShape, type Surface } from "./surface/facts.ts";
import { commandsOf, helpFacts, overviewFacts } from "./surface/help_facts.ts";
import { codexScene, endScene, failureScene, lostScene, plainScene, stopScene, textsScene } from "./surface/scenes.ts";
import { openStage, type Stage } from "./surface/stage.ts";
import { type Json, parseJson } from "./sessions.ts";

/** Two cores, and scenes that wait for most of their time. */
const AT_ONCE = 4;

/** `program` is how harnex is started: the binary, or Deno and the source. */
export async function describeSurface(program: readonly string[]): Promise<Surface> {
  await using stage = openStage(program);
  // What a sweep says of a session depends on what other sessions leave just then.
  await using aside = openStage(program, stage.facts);
  const scenes = [plainScene, codexScene, endScene, stopScene, helpScene, failureScene, textsScene];
  const plays = [() => lostScene(aside), ...scenes.map((scene) => () => scene(stage))];
  await concurrently(AT_ONCE, plays, (play) => play());
  await tablesScene(stage);
  noteFiles([stage, aside]);
  return stage.facts.surface();
}

async function helpScene({ facts, run }: Stage): Promise<void> {
  const overview = await run("--help");
  facts.add("help", ...overviewFacts(overview));
  for (const name of commandsOf(overview)) facts.add("help", ...helpFacts(name, await run("help", name)));
  facts.add("help", `version ${(await run("--version")).replaceAll(/\d+/g, "N").trim()}`);
}

/** The headings of tables, which scripts cut into columns. */
async function tablesScene({ facts, run, sessions }: Stage): Promise<void> {
  await sessions.start("listed", ["repl"]);
  for (const command of [["status"], ["history"], ["status", "--all"], ["history", "--all"]]) {
    const [heading = ""] = (await run(...command)).split("\n");
    facts.add("tables", `${command.join(" ")}: ${heading.trim().split(/\s+/).join(" ")}`);
  }
  await run("stop", "--id", "listed", "--wait");
}

/** All that the sessions left: which files, what is in them, and every event. */
function noteFiles(stages: readonly [Stage, ...Stage[]]): void {
  const [{ facts, sessions: { sandbox } }] = stages;
  const paths = stages.flatMap(({ sessions }) => listFiles(sessions.sandbox.stateDir));
  facts.add(
    "files",
    ...paths.map(({ name }) =>
      name.replace(/[0-9a-f]{16}--[a-z]+/, "<key>--<slug>").replace(/^logs\/\w+/, "logs/<id>")
    ),
  );
  const within = (folder: string) => paths.filter(({ name }) => name.startsWith(folder)).map(({ path }) => path);
  const read = (folder: string) => within(folder).flatMap(lines);
  const exits = within("exits/").map((path) => parseJson(Deno.readTextFileSync(path)));
  facts.add("files", ...commonShape(exits).map((fact) => `exit record > ${fact}`));
  for (const [kind, rows] of grouped(read("dispatches.jsonl"), ({ type }) => String(type))) {
    facts.add("files", ...commonShape(rows).map((fact) => `ledger ${kind} > ${fact}`));
  }
  const steps = ({ step, status, text_preview }: Json) =>
    text_preview === undefined ? String(step ?? status) : "carried over";
  for (const [step, rows] of grouped(read("inbox/"), steps)) {
    facts.add("files", ...commonShape(rows).map((fact) => `inbox ${step} > ${fact}`));
  }
  for (const row of lines(`${sandbox.project}/summary.jsonl`)) facts.shape("files", "dispatch summary", row);
  const kinds = ({ type, phase }: Json) => phase === undefined ? String(type) : `${type} ${phase}`;
  for (const [kind, events] of grouped(read("events/"), kinds)) {
    facts.add("events", ...commonShape(events).map((fact) => `${kind} > ${fact}`));
  }
}

function grouped(rows: readonly Json[], kindOf: (row: Json) => string): [kind: string, rows: Json[]][] {
  const groups = new Map<string, Json[]>();
  for (const row of rows) groups.set(kindOf(row), [...groups.get(kindOf(row)) ?? [], row]);
  return [...groups];
}

function lines(path: string): Json[] {
  return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "").map((line) => parseJson(line));
}

function listFiles(folder: string, prefix = ""): { path: string; name: string }[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory ? listFiles(path, `${prefix}${entry.name}/`) : [{ path, name: prefix + entry.name }];
  });
}

if (import.meta.main) {
  const [binary = "dist/harnex"] = Deno.args;
  console.log(JSON.stringify(await describeSurface([resolve(binary)]), null, 2));
}
