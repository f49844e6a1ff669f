/**
 * Proves on this machine that harnex and an installed agent understand each other: the real agent in a throw-away home,
 * driven as a user would, against a mock model. Costs nothing and needs no network.
 */

import { HarnexError, messageOf } from "../../model/errors.ts";
import { type Probe, versionIn } from "../../model/probe.ts";
import type { Trial } from "../../model/trial.ts";
import { VERSION } from "../../model/version.ts";
import type { ProcessRef } from "../../platform/platform.ts";
import { type ProbeCheck, type ProbeOutcome, writeOutcome, writeReport } from "../../store/probes.ts";
import type { Store } from "../store.ts";
import { SCENES } from "./scenes.ts";
import { type MockModel, startMockModel } from "./mock_model.ts";
import { composeReport, type SceneRecord } from "./report.ts";
import { playScene, skipScene } from "./scene.ts";
import { openStage, type Stage } from "./stage.ts";

export interface ProbeRequest {
  /** the word after `harnex run` */
  agent: string;
  probe: Probe;
  trial: Trial;
  /** reports which check begins, as `5 of 17: long-text` */
  tell: (what: string) => void;
  /** aborting it ends the probe; everything that it started is ended and removed before it rejects */
  signal: AbortSignal;
}

export interface Probed {
  outcome: ProbeOutcome;
  /** the path of the report; absent if everything holds */
  report?: string;
}

const VERSION_MS = 10_000;

export async function probeAgent(store: Store, request: ProbeRequest): Promise<Probed> {
  const { platform } = store;
  const { files, processes, env, clock } = platform;
  const [name = request.agent] = request.probe.argv;
  const found = await processes.findProgram(name, env["PATH"], "/");
  if (found === undefined) {
    const how = request.probe.install === undefined ? "" : `; install it with: ${request.probe.install}`;
    throw new HarnexError("not_found", `"${name}" not found on your PATH${how}`);
  }
  await using stage = await openStage(store);
  await using model = startMockModel(platform, request.trial.dialect);
  const play = () => playAll(stage, model, { ...request, program: found });
  const { version, checks, scenes } = await stage.use(play, request.signal);
  const outcome: ProbeOutcome = {
    agent: request.agent,
    program: await files.realPath(found) ?? found,
    version,
    harnex: VERSION,
    at: clock.now(),
    ok: checks.every(({ ok }) => ok),
    checks,
  };
  await writeOutcome({ files, paths: store.paths }, outcome);
  if (outcome.ok) return { outcome };
  const text = composeReport(outcome, scenes, { os: platform.system.os, hidden: hiddenOf(store, stage) });
  return { outcome, report: await writeReport({ files, paths: store.paths }, outcome, text) };
}

/** What a report must not show. */
function hiddenOf({ platform: { env, system } }: Store, { root }: Stage): [string, string][] {
  const texts: [string | undefined, string][] = [
    [root, "<probe>"],
    [env["HOME"], "<home>"],
    [system.hostname, "<host>"],
  ];
  return texts.flatMap(([text, replacement]) => text === undefined ? [] : [[text, replacement]]);
}

interface Played {
  version: string | undefined;
  checks: ProbeCheck[];
  scenes: SceneRecord[];
}

async function playAll(
  stage: Stage,
  model: MockModel,
  request: ProbeRequest & { program: string },
): Promise<Played> {
  const total = SCENES.reduce((sum, { checks }) => sum + checks.length + 1, 1);
  let count = 0;
  const tell = (name: string) => request.tell(`${++count} of ${total}: ${name}`);
  tell("version");
  const { version, check } = await askVersion(stage, request);
  const played: Played = { version, checks: [check], scenes: [] };
  let isUsable = true;
  const tools = new Set<ProcessRef>();
  try {
    for (const scene of SCENES) {
      if (request.signal.aborted) break;
      if (!isUsable) {
        played.checks.push(...skipScene(scene, "the agent never reached its prompt"));
        continue;
      }
      const { checks, records, wasReady } = await playScene(stage, scene, { ...request, model, version, tell, tools });
      played.checks.push(...checks);
      played.scenes.push(...records);
      isUsable = wasReady;
    }
  } finally {
    for (const tool of tools) await stage.store.platform.processes.signal(tool, "SIGKILL");
  }
  return played;
}

/** The version as the program itself says it. */
async function askVersion(
  { store: { platform: { processes, env } } }: Stage,
  { program, probe }: { program: string; probe: Probe },
): Promise<{ version: string | undefined; check: ProbeCheck }> {
  const weaker = "harnex cannot tell which rules this version needs";
  try {
    const [, ...words] = probe.argv;
    const known = Object.fromEntries(
      Object.entries(env).flatMap(([key, value]) => value === undefined ? [] : [[key, value]]),
    );
    const { stdout } = await processes.run([program, ...words], { env: known, clearEnv: true, timeoutMs: VERSION_MS });
    const version = versionIn(stdout);
    if (version !== undefined) return { version, check: { name: "version", ok: true, detail: version } };
    return { version, check: { name: "version", ok: false, detail: "it prints none", weaker } };
  } catch (error) {
    return { version: undefined, check: { name: "version", ok: false, detail: messageOf(error), weaker } };
  }
}
