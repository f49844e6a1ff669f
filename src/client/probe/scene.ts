/**
 * Plays one scene of a probe. A check that leaves the session unusable costs it this session: the checks after it are
 * tried in the next one, whose home says that the questions at boot were answered before.
 */

import { messageOf } from "../../model/errors.ts";
import type { Trial } from "../../model/trial.ts";
import type { ProcessRef } from "../../platform/platform.ts";
import type { ProbeCheck } from "../../store/probes.ts";
import type { Act, Check } from "./act.ts";
import type { Scene } from "./scenes.ts";
import type { MockModel } from "./mock_model.ts";
import { type Rehearsal, startRehearsal } from "./rehearsal.ts";
import type { SceneRecord } from "./report.ts";
import type { Stage } from "./stage.ts";

export interface SceneOptions {
  agent: string;
  trial: Trial;
  model: MockModel;
  version: string | undefined;
  /** reports which check begins */
  tell: (check: string) => void;
  /** the tools that must not outlive their session; what still runs at the end of the probe is killed */
  tools: Set<ProcessRef>;
}

export interface PlayedScene {
  checks: ProbeCheck[];
  records: SceneRecord[];
  /** whether any session of it was ever at its prompt */
  wasReady: boolean;
}

/** The first session, and those that take its place. More would take too long. */
const MAX_SESSIONS = 3;

export async function playScene(stage: Stage, scene: Scene, options: SceneOptions): Promise<PlayedScene> {
  const played: PlayedScene = { checks: [], records: [], wasReady: false };
  let remaining = scene.checks;
  for (let attempt = 1; remaining.length > 0; attempt++) {
    options.tell(`start-${scene.name}`);
    const opened = await openAct(stage, scene, { ...options, attempt });
    if (attempt === 1) played.checks.push(opened.check);
    if (opened.act === undefined) {
      played.checks.push(...remaining.map((check) => failedCheck(check, `not tried: ${opened.check.name} failed`)));
      break;
    }
    const { act } = opened;
    const screens: SceneRecord["screens"][number][] = [];
    const { checks, broken } = await playChecks(act, remaining, { tell: options.tell, screens });
    played.checks.push(...checks);
    played.wasReady ||= act.session.events.some(({ type, to }) => type === "state" && to === "prompt");
    played.records.push({ name: act.session.room.name, events: act.session.events, screens });
    remaining = remaining.slice(checks.length);
    if (broken === undefined) break;
    // An agent that does not get to its prompt even in a prepared home will not do so the next time.
    const isHopeless = attempt === MAX_SESSIONS || remaining.length < 2 || (attempt > 1 && !played.wasReady);
    if (!isHopeless) await act.session.stop().catch(() => undefined);
    else {
      played.checks.push(...await playLast(act, remaining, broken));
      break;
    }
  }
  return played;
}

/** Without a usable session the checks fail, but what a stop leaves is still to be seen. */
async function playLast(act: Act, checks: readonly Check[], broken: string): Promise<ProbeCheck[]> {
  const results: ProbeCheck[] = [];
  for (const check of checks) {
    results.push(
      check.tried === "always" ? await tryCheck(act, check) : failedCheck(check, `not tried: ${broken} failed`),
    );
  }
  return results;
}

/** The results of a scene that is not worth a session. */
export function skipScene({ checks }: Scene, why: string): ProbeCheck[] {
  return checks.map((check) => failedCheck(check, `not tried: ${why}`));
}

/** Starts the session of a scene. */
async function openAct(
  stage: Stage,
  { name, approvals, trust, boot }: Scene,
  { agent, trial, model, version, tools, attempt }: SceneOptions & { attempt: number },
): Promise<{ check: ProbeCheck; act?: Act }> {
  const id = attempt === 1 ? name : `${name}-${attempt}`;
  const lane = model.lane(id);
  const check = { name: `start-${name}`, ok: true };
  let session: Rehearsal;
  try {
    const room = await stage.room(id, trial, { modelUrl: lane.url, boot: attempt === 1 ? boot : "done" });
    session = await startRehearsal(stage.store, room, { cli: agent, trial, approvals, trust });
  } catch (error) {
    return { check: { ...check, ok: false, detail: messageOf(error), weaker: "harnex cannot start this agent" } };
  }
  return {
    check,
    act: {
      trial,
      lane,
      platform: stage.store.platform,
      session,
      version,
      remember: (tool) => void tools.add(tool),
      get tools() {
        return [...tools];
      },
    },
  };
}

/** The results up to the check that left the session unusable, if there is one. */
async function playChecks(
  act: Act,
  checks: readonly Check[],
  { tell, screens }: { tell: SceneOptions["tell"]; screens: SceneRecord["screens"][number][] },
): Promise<{ checks: ProbeCheck[]; broken?: string }> {
  const results: ProbeCheck[] = [];
  for (const check of checks) {
    tell(check.name);
    const result = await tryCheck(act, check);
    results.push(result);
    if (result.ok) continue;
    screens.push({ after: check.name, text: await act.session.screen() ?? "" });
    if (check.tried === "in order" && !(await act.session.settles())) return { checks: results, broken: check.name };
  }
  return { checks: results };
}

async function tryCheck(act: Act, check: Check): Promise<ProbeCheck> {
  try {
    return { name: check.name, ok: true, detail: await check.run(act) };
  } catch (error) {
    return failedCheck(check, messageOf(error));
  }
}

function failedCheck({ name, weaker }: Check, detail: string): ProbeCheck {
  return { name, ok: false, detail, weaker };
}
