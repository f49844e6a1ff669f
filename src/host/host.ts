/**
 * hostSession(): claim the id → plan → start the agent → serve → run → account for the end. The main flow, top to
 * bottom; it only orders steps.
 */

import { Interrupted, messageOf } from "../model/errors.ts";
import { exposureOf, type LaunchSpec } from "../model/launch.ts";
import type { ExitReason, RegistryRecord } from "../model/session.ts";
import { localIso } from "../model/time.ts";
import { VERSION } from "../model/version.ts";
import { visible } from "../text/visible.ts";
import type { Platform } from "../platform/platform.ts";
import { openEventLog } from "../store/event_log.ts";
import { openInboxJournal } from "../store/inbox_journal.ts";
import { openTranscript } from "../store/transcript.ts";
import { bindAddress } from "./api/address.ts";
import { agentEnvironment, hookEnvironment } from "./agent_env.ts";
import { markerOf } from "../model/marker.ts";
import { newerThanTested, probeVersion } from "./agent_version.ts";
import { answerRequest, type SessionApi } from "./api/routes.ts";
import { claimSession } from "./claim.ts";
import { accountForEnd, type Warn } from "./report/finalize.ts";
import { catchSignals, createDisplay, joinConsole, takeTerminal } from "./console.ts";
import { openDispatch } from "./report/dispatch.ts";
import { fileHookFields, runFileHook } from "./file_hook.ts";
import { createLiveSession } from "./live.ts";
import { startOnDone } from "../recovery/on_done.ts";
import { hookUrl, layOutFiles, planAgent } from "./plan.ts";
import { startAgent } from "./start_agent.ts";
import { createIdleMemory } from "./idle_memory.ts";
import { openTracing, type Tracing } from "../tracing/tracing.ts";
import { findWindow } from "./window.ts";

const TOKEN_BYTES = 16;
const SESSION_ID_BYTES = 8;

/** Runs one session to its end in this process. Throws HarnexError when it cannot start, Interrupted when it is not to. */
export async function hostSession(
  launch: LaunchSpec,
  platform: Platform,
  options: { onRegistered?: (record: RegistryRecord) => Promise<void> } = {},
): Promise<{ code: number; reason: ExitReason }> {
  const { clock, files, processes, terminal } = platform;
  const say = (text: string) => void terminal.writeErr(new TextEncoder().encode(`harnex: ${visible(text)}\r\n`));
  const warn = createWarner((text) => say(`warning: ${text}`));
  await using cleanup = new AsyncDisposableStack();
  const over: { tell?: () => void; tracing?: Tracing | undefined } = {};
  // At the very last, when the id is free again.
  cleanup.defer(() => over.tracing?.[Symbol.asyncDispose]());
  cleanup.defer(() => over.tell?.());
  const signals = cleanup.use(catchSignals(platform));

  // Claim and plan: from here on id and address are ours; everything that can be refused is refused now.
  const { paths, registry, name } = cleanup.use(await claimSession(launch, platform));
  const served: { api?: Promise<SessionApi> } = {};
  const server = cleanup.use(
    bindAddress(
      platform,
      launch,
      async (call, upgrade) =>
        served.api === undefined
          ? new Response(null, { status: 503 })
          : await answerRequest(call, await served.api, upgrade),
    ),
  );
  const exposed = exposureOf(launch);
  if (exposed !== undefined) say(`warning: ${exposed}`);
  const place = { hookUrl: hookUrl(launch.host, server.port), folder: paths.folder(name) };
  const { adapter, request, plan, context, version } = await planAgent(launch, platform, place);
  const sessionId = platform.randomHex(SESSION_ID_BYTES);
  const startedAt = clock.now();

  // Open: the files that the session writes, and those that only its agent reads.
  const failing = (topic: string) => (error: unknown) => warn(topic, error);
  const log = { files, clock, id: launch.id, sessionId, path: paths.events(name), onFailure: failing("events") };
  const events = cleanup.use(await openEventLog(log));
  const journal = cleanup.use(
    await openInboxJournal({ files, clock, path: paths.inbox(name), sessionId, onFailure: failing("inbox journal") }),
  );
  const transcript = cleanup.use(
    await openTranscript({ files, clock, path: paths.output(name), onFailure: failing("transcript") }),
  );
  cleanup.use(await layOutFiles(plan, { files, folder: place.folder }));
  const tracing = await openTracing({ platform, launch, paths, sessionId, warn: failing("telemetry") });
  over.tracing = tracing;
  if (tracing !== undefined) cleanup.use(events.subscribe(tracing.take));
  const hookToken = platform.randomHex(TOKEN_BYTES);
  const env = {
    ...agentEnvironment(launch, platform),
    ...plan.env,
    ...hookEnvironment(plan.hookTokenVariable, { token: hookToken, url: place.hookUrl, env: launch.env }),
    ...(tracing === undefined ? {} : { TRACEPARENT: tracing.row.traceparent }),
  };
  const probing = new AbortController();
  cleanup.defer(() => probing.abort());
  const agentVersion = version === undefined
    ? probeVersion(adapter, {
      ...{ argv: plan.argv, cwd: plan.cwd ?? launch.cwd, env, processes, signal: probing.signal },
    })
    : Promise.resolve(version);
  const untried = version && adapter.probe && newerThanTested(adapter.probe, adapter.name, version);
  if (untried) warn("agent", untried);
  const dispatch = cleanup.use(
    await openDispatch({
      ...{ platform, launch, paths, name, startedAt, agentVersion, warn },
      trace: tracing?.row ?? {},
    }),
  );

  const idleMemory = cleanup.use(createIdleMemory(platform));
  cleanup.use(events.subscribe(() => idleMemory.noteActivity()));

  // Start: the agent, with the person's terminal joined to it when there is one.
  const told = signals.waiting();
  if (told !== undefined) throw new Interrupted(told);
  const attached = launch.mode !== "headless";
  const display = createDisplay(terminal, attached ? "shown" : "hidden");
  const marker = markerOf(sessionId);
  const agentStartedAt = clock.monotonic();
  const { agent, release } = await startAgent(adapter, {
    platform,
    request,
    plan,
    env,
    marker,
    ...(attached ? { takeTerminal: async () => cleanup.use(await takeTerminal(terminal)) } : {}),
    output: (bytes) => {
      transcript.append(bytes);
      idleMemory.noteActivity();
      display.show(bytes);
    },
  });

  // Serve: record, first events, API. The record comes first, so that no event is ever told of a session of which
  // nothing would be left if we died now.
  const hookFields = launch.watchFile === undefined ? undefined : fileHookFields(launch.watchFile, launch.repoRoot);
  const record: RegistryRecord = {
    session_id: sessionId,
    repo_root: launch.repoRoot,
    repo_key: name.key,
    cli: launch.cli,
    id: launch.id,
    pid: agent.pid,
    host_pid: platform.system.pid,
    host_start: (await processes.find(platform.system.pid))?.start ?? "",
    host: launch.host,
    port: server.port,
    command: plan.argv,
    started_at: localIso(startedAt),
    started_ms: startedAt,
    token: platform.randomHex(TOKEN_BYTES),
    cwd: plan.cwd ?? launch.cwd,
    transport: adapter.transport,
    version: VERSION,
    last_injected_at: null,
    injected_count: 0,
    output_log_path: transcript.path,
    events_log_path: events.path,
    ...(launch.description === undefined ? {} : { description: launch.description }),
    ...hookFields,
    ...await findWindow(launch, platform, failing("tmux")),
    ...(launch.onDone === undefined ? {} : { on_done: launch.onDone }),
    ...(dispatch.summary === null ? {} : { summary_path: dispatch.summary }),
  };
  let saving: Promise<void> = Promise.resolve();
  const saveRecord = (): Promise<void> => {
    const write = (): Promise<void> => {
      const { input_state: _live, ...told } = live.api.status();
      return registry.write(name, record, told);
    };
    return saving = saving.then(write).catch(failing("registry"));
  };
  const closing = new AbortController();
  cleanup.defer(() => closing.abort());
  const live = cleanup.use(
    createLiveSession({
      closing: closing.signal,
      platform,
      launch,
      agent,
      events,
      transcript,
      journal,
      record,
      saveRecord,
      marker,
    }),
  );
  const begun = Promise.withResolvers<SessionApi>();
  served.api = begun.promise;
  // A signal is for the agent, where a person has it before them. Else it ends the session in good order.
  const console = attached && agent.terminal !== undefined
    ? joinConsole(platform, { pid: agent.pid, terminal: agent.terminal, type: live.type, signals }, closing.signal)
    : signals.handTo(() => void begun.promise.then((api) => api.stop({ by: "signal" })));
  await saveRecord();
  events.append({ type: "started", pid: agent.pid, ...(launch.meta === undefined ? {} : { meta: launch.meta }) });
  const { start } = dispatch.git;
  if (start !== undefined && start.sha !== null) {
    events.append({ type: "git", phase: "start", sha: start.sha, branch: start.branch });
  }
  // The first task comes before whatever others send.
  if (context !== undefined) {
    const inArgv = plan.contextInArgv && request.context !== undefined;
    live.begin(context, inArgv ? { sentAt: agentStartedAt } : "by message");
  }
  if (plan.agentSessionId !== undefined) live.name(plan.agentSessionId);
  begun.resolve({ ...live.api, hookToken, closing: closing.signal });
  const hook = hookFields && runFileHook(hookFields, {
    ...{ files, clock, inbox: live.api.inbox, warn: failing("file hook"), signal: closing.signal },
  });
  await hook?.armed;
  await dispatch.begin(record);
  // Told last: who knows of the session may count on all of it. Who waits for a word that cannot be written gives up,
  // and ends us in good order.
  await options.onRegistered?.(record).catch(failing("registration"));
  if (launch.mode === "foreground") say(`session ${launch.id} on ${launch.host}:${server.port}`);
  display.begin();

  // Run: until the agent has exited.
  const happened = await live.run();
  const exit = await agent.exit;

  // Account: everything is told and written before the address closes, so that who waits finds it.
  if (live.stopper.requested || exit.signal !== undefined || happened.state.turn !== undefined) {
    const left = await live.stopper.sweep();
    if (left.length > 0) warn("stop", `processes ${left.join(", ")} do not end; look at them with ps and kill them`);
  }
  const result = await accountForEnd({
    platform,
    launch,
    adapter,
    registry,
    name,
    record,
    events,
    transcript,
    dispatch,
    ending: { ...happened, exit },
    bootMs: agent.bootMs,
    warn,
  });
  await saving;
  await registry.remove(name, sessionId).catch(failing("registry"));
  await release();
  closing.abort();
  await console;
  await hook?.ended;
  over.tell = () => {
    try {
      const { id, cwd, env, onDone: command } = launch;
      if (command !== undefined) startOnDone({ command, id, cwd, env }, result, { processes, log: paths.log(id) });
    } catch (error) {
      warn("--on-done", error);
    }
  };
  return result;
}

/** Topics that are files in the state directory: what troubles one of them troubles them all. */
const OF_STATE = ["events", "inbox journal", "transcript", "registry", "registration", "ledger", "exit record"];

/** Each kind of trouble is told once. */
function createWarner(tell: (text: string) => void): Warn {
  const told = new Set<string>();
  return (topic, trouble) => {
    const ofState = OF_STATE.includes(topic);
    const kind = ofState ? "state directory" : topic;
    if (told.has(kind)) return;
    told.add(kind);
    tell(`${topic}: ${messageOf(trouble)}${ofState ? "; the session goes on without what it cannot write" : ""}`);
  };
}
