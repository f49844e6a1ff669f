/**
 * hostSession(): one session from start to end, in steps: claim → plan → open → start → serve → run → finalize.
 * Each step takes what the steps before it made and adds its own. This file only orders; the order is a guarantee.
 */

import { Interrupted } from "../model/errors.ts";
import { exposureOf, type LaunchSpec } from "../model/launch.ts";
import { markerOf } from "../model/marker.ts";
import type { RegistryRecord } from "../model/session.ts";
import type { Platform } from "../platform/platform.ts";
import { startOnDone } from "../recovery/on_done.ts";
import { type EventLog, openEventLog } from "../store/event_log.ts";
import { type InboxJournal, openInboxJournal } from "../store/inbox_journal.ts";
import { openTranscript, type Transcript } from "../store/transcript.ts";
import { openTracing } from "../tracing/tracing.ts";
import { agentEnvironment } from "./agent_env.ts";
import { askVersion } from "./agent_version.ts";
import { type Claim, claimSession } from "./claim.ts";
import { catchSignals, type CaughtSignals, createDisplay, type Display, joinConsole, takeTerminal } from "./console.ts";
import { type FileHook, fileHookFields, runFileHook } from "./file_hook.ts";
import { createIdleMemory, type IdleMemory } from "./idle_memory.ts";
import { createLiveSession, type LiveSession } from "./live.ts";
import { createNotices, type Notices } from "./notices.ts";
import { type AgentPlan, hookUrl, layOutFiles, planAgent, type PlanPlace } from "./plan.ts";
import { openRecord, type RecordFile } from "./record.ts";
import { type Dispatch, openDispatch } from "./report/dispatch.ts";
import { finalizeSession, type SessionEnd } from "./report/finalize.ts";
import type { Ending } from "./report/verdict.ts";
import { reserveAddress, type ReservedAddress } from "./reserved_address.ts";
import { startAgent, type StartedAgent } from "./start_agent.ts";

const SESSION_ID_BYTES = 8;
const HOOK_TOKEN_BYTES = 16;

export interface HostOptions {
  /** called once, when everything that the session promises is in place */
  onRegistered?: (record: RegistryRecord) => Promise<void>;
}

/** What every step may use. */
interface Host extends HostOptions {
  launch: LaunchSpec;
  platform: Platform;
  notices: Notices;
  signals: CaughtSignals;
  /** what the session holds; the id is the last of it to be released */
  cleanup: AsyncDisposableStack;
  /** what must happen once the id is free */
  afterwards: AsyncDisposableStack;
}

/**
 * Runs one session to its end in this process. Throws HarnexError when it cannot start, Interrupted when an OS signal
 * comes before the agent is started.
 */
export async function hostSession(
  launch: LaunchSpec,
  platform: Platform,
  options: HostOptions = {},
): Promise<SessionEnd> {
  // Disposed in reverse order: whatever happens, `afterwards` comes last.
  await using afterwards = new AsyncDisposableStack();
  await using cleanup = new AsyncDisposableStack();
  const signals = cleanup.use(catchSignals(platform));
  const notices = createNotices(platform.terminal);
  const host: Host = { ...options, launch, platform, notices, signals, cleanup, afterwards };
  const claimed = await claim(host);
  const planned = await plan(host, claimed);
  const opened = await open(host, planned);
  const started = await start(host, opened);
  const served = await serve(host, started);
  const ending = await run(host, served);
  return await finalize(host, { ...served, ending });
}

interface Claimed extends Pick<Claim, "paths" | "registry" | "name"> {
  address: ReservedAddress;
}

/** Takes the id and an address: from here on both are this session's. */
async function claim({ launch, platform, notices, cleanup }: Host): Promise<Claimed> {
  const { paths, registry, name } = cleanup.use(await claimSession(launch, platform));
  const address = cleanup.use(reserveAddress(launch, platform));
  const exposure = exposureOf(launch);
  if (exposure !== undefined) notices.say(`warning: ${exposure}`);
  return { paths, registry, name, address };
}

interface Planned extends Claimed, AgentPlan {
  place: PlanPlace;
  sessionId: string;
  startedAt: number;
}

/** Decides how the agent is started. Everything that can be refused is refused here. */
async function plan({ launch, platform }: Host, claimed: Claimed): Promise<Planned> {
  const { paths, name, address } = claimed;
  const place = { hookUrl: hookUrl(launch.host, address.port), folder: paths.folder(name) };
  const planned = await planAgent(launch, platform, place);
  const sessionId = platform.randomHex(SESSION_ID_BYTES);
  return { ...claimed, ...planned, place, sessionId, startedAt: platform.clock.now() };
}

interface Opened extends Planned {
  events: EventLog;
  journal: InboxJournal;
  transcript: Transcript;
  /** opens `POST /signals` to the agent's hooks */
  hookToken: string;
  /** the agent's environment */
  env: Readonly<Record<string, string>>;
  dispatch: Dispatch;
  idleMemory: IdleMemory;
}

/** Opens what the session writes, lays out what its agent reads, and looks at the repository as it is now. */
async function open(host: Host, planned: Planned): Promise<Opened> {
  const { launch, platform, notices, cleanup, afterwards } = host;
  const { plan, paths, name, place, sessionId, startedAt } = planned;
  const files = await openFiles(host, planned);
  const { events } = files;
  cleanup.use(await layOutFiles(plan, { files: platform.files, folder: place.folder }));
  const tracing = await openTracing({ platform, launch, paths, sessionId, warn: notices.warnOf("telemetry") });
  afterwards.use(tracing); // the last spans may take a while, which must not keep the id
  if (tracing !== undefined) cleanup.use(events.subscribe(tracing.take));
  const hookToken = platform.randomHex(HOOK_TOKEN_BYTES);
  const env = agentEnvironment(launch, platform, {
    ...{ planned: plan.env, traceparent: tracing?.row.traceparent },
    hook: { variable: plan.hookTokenVariable, token: hookToken, url: place.hookUrl },
  });
  const version = cleanup.use(askVersion(planned, { cwd: launch.cwd, env, processes: platform.processes }));
  if (version.untried !== undefined) notices.warn("agent", version.untried);
  const dispatch = cleanup.use(
    await openDispatch({
      ...{ platform, launch, paths, name, startedAt, agentVersion: version.answer, warn: notices.warn },
      trace: tracing?.row ?? {},
    }),
  );
  const idleMemory = cleanup.use(createIdleMemory(platform));
  cleanup.use(events.subscribe(idleMemory.noteActivity));
  return { ...planned, ...files, hookToken, env, dispatch, idleMemory };
}

async function openFiles(
  { launch, platform: { files, clock }, notices, cleanup }: Host,
  { paths, name, sessionId }: Planned,
): Promise<Pick<Opened, "events" | "journal" | "transcript">> {
  const at = (path: string, topic: string) => ({ files, clock, path, sessionId, onFailure: notices.warnOf(topic) });
  const events = cleanup.use(await openEventLog({ ...at(paths.events(name), "events"), id: launch.id }));
  const journal = cleanup.use(await openInboxJournal(at(paths.inbox(name), "inbox journal")));
  const transcript = cleanup.use(await openTranscript(at(paths.output(name), "transcript")));
  return { events, journal, transcript };
}

interface Started extends Opened, StartedAgent {
  /** the environment entry that all of the agent's descendants carry */
  marker: string;
  /** by the monotonic clock, just before the agent was started */
  agentStartedAt: number;
  display: Display;
}

/** Starts the agent, with the person's terminal joined to it when there is one. */
async function start({ launch, platform, signals, cleanup }: Host, opened: Opened): Promise<Started> {
  const { adapter, request, plan, env, transcript, idleMemory } = opened;
  const { terminal } = platform;
  const signal = signals.waiting();
  if (signal !== undefined) throw new Interrupted(signal);
  const isAttached = launch.mode !== "headless";
  const display = createDisplay(terminal, isAttached ? "shown" : "hidden");
  const marker = markerOf(opened.sessionId);
  const agentStartedAt = platform.clock.monotonic();
  const started = await startAgent(adapter, {
    ...{ platform, request, plan, env, marker },
    ...(isAttached ? { takeTerminal: async () => cleanup.use(await takeTerminal(terminal)) } : {}),
    output(bytes) {
      transcript.append(bytes);
      idleMemory.noteActivity();
      display.show(bytes);
    },
  });
  return { ...opened, ...started, marker, agentStartedAt, display };
}

interface Served extends Started {
  record: RegistryRecord;
  recordFile: RecordFile;
  live: LiveSession;
  /** aborted when the session's API closes */
  closing: AbortController;
  /** settles when the person's terminal is no longer joined to the agent */
  joined: Promise<void> | undefined;
  fileHook: FileHook | undefined;
}

/** Makes the session known, in this order: registry record, first events, first task, API, ledger, the caller. */
async function serve(host: Host, started: Started): Promise<Served> {
  const { launch, platform, notices, cleanup } = host;
  const { address, agent, events, transcript, journal, marker, dispatch, hookToken } = started;
  const hookFields = launch.watchFile === undefined ? undefined : fileHookFields(launch.watchFile, launch.repoRoot);
  const { record, recordFile } = await openRecord({ ...started, launch, platform, hookFields, warn: notices.warn });
  const closing = new AbortController();
  cleanup.defer(() => closing.abort());
  const { save: saveRecord } = recordFile;
  const live = cleanup.use(
    createLiveSession({
      ...{ platform, launch, agent, events, transcript, journal, record, saveRecord, marker },
      closing: closing.signal,
    }),
  );
  address.hold();
  const joined = passSignals(host, { ...started, live, closing });
  // The record comes before the first event: a host that dies now leaves no event of a session without a record.
  await saveRecord(live.api.status);
  emitFirstEvents(launch, started);
  beginWork(live, started); // before the API answers, so that the first task is the first message
  address.serve({ ...live.api, hookToken, closing: closing.signal });
  const fileHook = hookFields && runFileHook(hookFields, {
    ...{ files: platform.files, clock: platform.clock, inbox: live.api.inbox, signal: closing.signal },
    warn: notices.warnOf("file hook"),
  });
  await fileHook?.armed;
  await dispatch.begin(record);
  // The caller comes last: it may count on all of the session. A caller that waits for a registration that cannot be
  // written gives up, and ends this host in good order.
  await host.onRegistered?.(record).catch(notices.warnOf("registration"));
  if (launch.mode === "foreground") notices.say(`session ${launch.id} on ${launch.host}:${address.port}`);
  started.display.begin();
  return { ...started, record, recordFile, live, closing, joined, fileHook };
}

/** An OS signal is for the agent where a person has it before them. Else it stops the session in good order. */
function passSignals(
  { launch, platform, signals }: Host,
  { agent, live, address, closing }: Pick<Served, "agent" | "live" | "address" | "closing">,
): Served["joined"] {
  if (launch.mode !== "headless" && agent.terminal !== undefined) {
    const { pid, terminal } = agent;
    return joinConsole(platform, { pid, terminal, type: live.type, signals }, closing.signal);
  }
  signals.handTo(() => void address.api.then((api) => api.stop({ by: "signal" })));
  return undefined;
}

function emitFirstEvents({ meta }: LaunchSpec, { agent, events, dispatch }: Started): void {
  events.append({ type: "started", pid: agent.pid, ...(meta === undefined ? {} : { meta }) });
  const { start } = dispatch.git;
  if (start === undefined || start.sha === null) return;
  events.append({ type: "git", phase: "start", sha: start.sha, branch: start.branch });
}

function beginWork(live: LiveSession, { context, plan, request, agentStartedAt }: Started): void {
  if (context !== undefined) {
    const isInArgv = plan.contextInArgv && request.context !== undefined;
    live.begin(context, isInArgv ? { sentAt: agentStartedAt } : "by message");
  }
  if (plan.agentSessionId !== undefined) live.noteAgentSession(plan.agentSessionId);
}

/** Runs until the agent has exited, and ends what it left behind. */
async function run({ notices }: Host, { live, agent }: Served): Promise<Ending> {
  const ending = { ...await live.run(), exit: await agent.exit };
  if (live.stop.requested || ending.exit.signal !== undefined || ending.state.turn !== undefined) {
    const left = await live.stop.sweep();
    if (left.length > 0) {
      notices.warn("stop", `processes ${left.join(", ")} do not end; look at them with ps and kill them`);
    }
  }
  return ending;
}

/** Writes the end. All files are written before the address closes, so that a client that waits finds them. */
async function finalize(host: Host, served: Served & { ending: Ending }): Promise<SessionEnd> {
  const { launch, platform, notices, afterwards } = host;
  const { adapter, registry, name, record, events, transcript, dispatch, ending, agent, paths } = served;
  const end = await finalizeSession({
    ...{ platform, launch, adapter, registry, name, record, events, transcript, dispatch, ending },
    ...{ bootMs: agent.bootMs, warn: notices.warn },
  });
  await served.recordFile.remove();
  await served.release();
  served.closing.abort();
  await served.joined;
  await served.fileHook?.ended;
  const { id, cwd, env, onDone: command } = launch;
  const onDoneDeps = { processes: platform.processes, log: paths.log(id), onFailure: notices.warnOf("--on-done") };
  // At the very end, so that the command may start the next session of this id.
  afterwards.defer(() => startOnDone({ command, id, cwd, env }, end, onDoneDeps));
  return end;
}
