/**
 * The status payload: what `GET /status` and `status --json` say of a live session.
 */

import { type LaunchSpec, namedInMeta } from "../../model/launch.ts";
import type { UndeliveredMessage } from "../../model/message.ts";
import { type RegistryRecord, shownFields, type StatusPayload } from "../../model/session.ts";
import { UNKNOWN_USAGE, usageFields } from "../../model/usage.ts";
import { localIso } from "../../model/time.ts";
import type { Clock } from "../../platform/platform.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { Block, SessionState } from "../turn/session_state.ts";

export interface StatusFacts {
  clock: Clock;
  launch: LaunchSpec;
  record: RegistryRecord;
  state: SessionState;
  inbox: Inbox;
  /** what an earlier run of the id left undelivered */
  undelivered: readonly UndeliveredMessage[];
  /** when the transcript grew last, by the monotonic clock */
  lastOutputAt: number | undefined;
}

export function statusPayload(facts: StatusFacts): StatusPayload {
  const { clock, launch, record, state, inbox, lastOutputAt } = facts;
  const { tmux_target: _target, tmux_session: _session, tmux_window: _window, ...shown } = shownFields(record);
  const counts = inbox.counts();
  const meta = namedInMeta(launch);
  const idleMs = lastOutputAt === undefined ? undefined : clock.monotonic() - lastOutputAt;
  return {
    ok: true,
    ...shown,
    log_mtime: idleMs === undefined ? null : localIso(clock.now() - idleMs),
    log_idle_s: idleMs === undefined ? null : Math.max(0, Math.floor(idleMs / 1000)),
    input_state: state.input,
    agent_state: state.agent,
    inbox: { pending: counts.pending, delivered_total: counts.deliveredTotal, expired_total: counts.expiredTotal },
    last_completed_at: state.lastCompletedAt === undefined
      ? null
      : localIso(clock.now() - (clock.monotonic() - state.lastCompletedAt)),
    model: factOf(state, "model") ?? launch.model ?? meta.model ?? null,
    effort: factOf(state, "effort") ?? launch.effort ?? meta.effort ?? null,
    auto_disconnects: state.disconnects,
    ...(state.usage === UNKNOWN_USAGE ? {} : { usage: usageFields(state.usage) }),
    ...(state.agentSessionId === undefined ? {} : { thread_id: state.agentSessionId }),
    ...(Object.keys(state.facts).length === 0 ? {} : { facts: state.facts }),
    ...(facts.undelivered.length === 0 ? {} : { undelivered: facts.undelivered }),
    ...(state.block === undefined ? {} : { blocked: blockFields(state.block) }),
  };
}

function factOf({ facts }: SessionState, name: string): string | undefined {
  const value = facts[name];
  return typeof value === "string" ? value : undefined;
}

function blockFields({ on, detail, choices }: Block) {
  return { on, detail, ...(choices === undefined ? {} : { choices }) };
}
