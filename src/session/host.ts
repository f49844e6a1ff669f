/**
 * hostSession(): claim the id → start the agent → serve → run → account for the end. The main flow, top to bottom;
 * it only orders steps.
 */

import { findAdapter } from "../adapters/mod.ts";
import { HarnexError, messageOf } from "../model/errors.ts";
import type { LaunchSpec } from "../model/launch.ts";
import type { ExitReason, RegistryRecord, Signal } from "../model/session.ts";
import { localIso } from "../model/time.ts";
import { VERSION } from "../model/version.ts";
import type { OsSignal, Platform } from "../platform/platform.ts";
import { openEventLog } from "../store/event_log.ts";
import { createPaths, sessionName, stateRoot } from "../store/paths.ts";
import { alreadyActive, createRegistry } from "../store/registry.ts";
import { openTranscript } from "../store/transcript.ts";
import { bindAddress } from "./address.ts";
import { agentEnvironment, markerOf } from "./agent_env.ts";
import { answer, type ApiHost } from "./api.ts";
import { accountForEnd, type Warn } from "./closing.ts";
import { DEFAULT_SIZE, joinConsole } from "./console.ts";
import { createEngine } from "./engine.ts";
import { gitPoint } from "./git.ts";
import { createInbox } from "./inbox.ts";
import { accountForLost } from "./lost.ts";
import { startAgent } from "./start_agent.ts";
import { initialState, type SessionState } from "./state.ts";
import { statusPayload } from "./status.ts";
import { createStopper } from "./stop.ts";
import type { Ending } from "./verdict.ts";

/** Longer contexts do not fit into one argument of a Linux process (128 KiB) once quoted; they go by the inbox. */
const ARGUMENT_LIMIT = 64 * 1024;
const TOKEN_BYTES = 16;
const SESSION_ID_BYTES = 8;

/** Runs one session to its end in this process. Throws HarnexError when it cannot start. */
export async function hostSession(
  launch: LaunchSpec,
  platform: Platform,
): Promise<{ code: number; reason: ExitReason }> {
  const { clock, files, processes } = platform;
  const paths = createPaths(stateRoot(platform.env));
  const registry = createRegistry({ files, processes, paths });
  const name = await sessionName(launch.repoRoot, launch.id);
  const sessionId = platform.randomHex(SESSION_ID_BYTES);
  const startedAt = clock.now();
  const warn = createWarner((text) =>
    void platform.terminal.writeErr(new TextEncoder().encode(`harnex: warning: ${text}\r\n`))
  );
  await using cleanup = new AsyncDisposableStack();

  // Claim: from here on the id is ours until this process ends, however it ends.
  for (const directory of paths.directories) await files.makeDirectory(directory);
  const claim = await registry.claim(name);
  const previous = await registry.find(name);
  if (claim === undefined || previous?.liveness === "live") throw alreadyActive(launch.id, previous?.record);
  cleanup.defer(() => claim.removeAndRelease());
  if (previous !== undefined) await accountForLost({ files, clock, paths, registry }, name, previous);

  // Plan: everything that can be refused is refused before anything is started.
  const adapter = findAdapter(launch.cli);
  const context = launch.context === undefined ? undefined : `[harnex session id=${launch.id}] ${launch.context}`;
  const plan = adapter.plan({
    ...launch,
    ...(context === undefined || context.length > ARGUMENT_LIMIT ? { context: undefined } : { context }),
    isRoot: platform.system.uid === 0,
  });
  const program = await processes.findProgram(plan.argv[0] ?? launch.cli, launch.env["PATH"], launch.cwd);
  if (program === undefined) {
    throw new HarnexError("not_found", `"${plan.argv[0] ?? launch.cli}" not found — is it installed and on your PATH?`);
  }

  // Open: the files that the session writes, and its address.
  const events = cleanup.use(
    await openEventLog({
      files,
      clock,
      path: paths.events(name),
      id: launch.id,
      sessionId,
      onFailure: (error) => warn("events", error),
    }),
  );
  const transcript = cleanup.use(
    await openTranscript({ files, clock, path: paths.output(name), onFailure: (error) => warn("transcript", error) }),
  );
  const closing = new AbortController();
  let api: ApiHost | undefined;
  const server = await bindAddress(platform, launch, (request) => {
    if (api === undefined) return Promise.resolve(new Response(null, { status: 503 }));
    return answer(request, api);
  });
  cleanup.use(server);
  cleanup.defer(() => closing.abort());
  const gitStart = await gitPoint(processes, launch.repoRoot);

  // Start: the agent, with the person's terminal joined to it when there is one.
  const attached = launch.mode !== "headless";
  const raw = attached ? cleanup.use(await platform.terminal.enterRaw()) : undefined;
  const size = (attached ? platform.terminal.size() : undefined) ?? DEFAULT_SIZE;
  const { agent, release } = await startAgent(adapter, {
    platform,
    plan: { ...plan, argv: [program, ...plan.argv.slice(1)] },
    cwd: launch.cwd,
    env: { ...agentEnvironment(launch, platform), ...plan.env },
    marker: markerOf(sessionId),
    size,
    guardTerminal: raw?.guard,
    attached,
    output: (bytes) => {
      transcript.append(bytes);
      if (attached) platform.terminal.writeOut(bytes);
    },
  });

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
    command: [program, ...plan.argv.slice(1)],
    started_at: localIso(startedAt),
    token: platform.randomHex(TOKEN_BYTES),
    cwd: launch.cwd,
    transport: adapter.transport,
    version: VERSION,
    last_injected_at: null,
    injected_count: 0,
    output_log_path: transcript.path,
    events_log_path: events.path,
    ...(launch.description === undefined ? {} : { description: launch.description }),
  };
  events.append({ type: "started", pid: agent.pid, ...(launch.meta === undefined ? {} : { meta: launch.meta }) });
  if (gitStart !== undefined) events.append({ type: "git", phase: "start", ...gitStart });

  // Run: observations drive the state, the state drives inbox and auto-stop.
  let turns = 0;
  let beforeExit: SessionState = initialState(startedAt);
  const engine = cleanup.use(createEngine({
    clock,
    policy: adapter.behaviour.policy,
    onAdvance: (state, happened) => {
      if (state.agent !== "exited") beforeExit = state;
      for (const event of happened) {
        events.append(event);
        if (event.type === "turn_started") turns++;
        if (event.type === "turn_started" && event.message_id !== undefined) {
          inbox.noteTurn(event.message_id, "turn_started");
        }
        if (event.type !== "task_complete" && event.type !== "task_failed") continue;
        if (event.message_id !== undefined) inbox.noteTurn(event.message_id, "turn_ended");
        if (launch.autoStop) void requestStop({ by: "auto-stop" });
      }
      inbox.pump();
    },
  }));
  const observe = (signal: Signal) => engine.observe({ signal, source: "process", at: clock.now() });
  const inbox = createInbox({
    clock,
    ttlMs: launch.inboxTtlMs,
    newId: () => platform.randomHex(8),
    emit: (event) => void events.append(event),
    isReadyFor: (mode) => {
      const { agent: state } = engine.state;
      return state === "prompt" || mode === "raw" || (mode === "enter" && state === "blocked");
    },
    deliver: (message, options) => agent.deliver(message, options),
    onSubmission: (messageId, outcome) =>
      observe({ kind: outcome, messageId, ...(outcome === "submitted" ? { verdict: "follows" } : {}) }),
    onDelivered: () => void saveRecord(),
  });
  const stopper = createStopper({
    agent,
    processes,
    clock,
    marker: markerOf(sessionId),
    isTurnRunning: () => engine.state.turn !== undefined,
    untilTurnEnds: async (limitMs) => void await engine.until((state) => state.turn === undefined, limitMs),
  });
  let stop: Ending["stop"] = "not_asked";
  async function requestStop({ by, killAfterMs }: { by: string; killAfterMs?: number }) {
    if (!stopper.requested) {
      const inTurn = engine.state.turn !== undefined || engine.state.agent === "blocked";
      stop = inTurn ? "asked_in_turn" : "asked_when_idle";
      events.append({ type: "stop_requested", signal: agent.stopAnswer, by });
    }
    return await stopper.request(killAfterMs === undefined ? {} : { killAfterMs });
  }
  let ranOutOfTime = false;
  if (launch.maxRuntimeMs !== undefined) {
    const cancel = clock.after(launch.maxRuntimeMs, () => {
      ranOutOfTime = true;
      void requestStop({ by: "max-runtime" });
    });
    cleanup.defer(cancel);
  }
  let saving: Promise<void> = Promise.resolve();
  function saveRecord(): Promise<void> {
    const injectedAt = inbox.lastDeliveredAt();
    record.last_injected_at = injectedAt === undefined ? null : localIso(injectedAt);
    record.injected_count = inbox.counts().deliveredTotal;
    saving = saving.then(() => registry.write(name, record)).catch((error) => warn("registry", error));
    return saving;
  }
  api = {
    token: record.token,
    hostname: launch.host,
    inbox,
    events,
    terminal: agent.terminal,
    status: () =>
      Promise.resolve(
        statusPayload({ clock, launch, record, state: engine.state, inbox, lastOutputAt: transcript.lastAppendAt() }),
      ),
    stop: requestStop,
    closing: closing.signal,
  };
  await saveRecord();
  if (launch.mode === "foreground") {
    platform.terminal.writeErr(
      new TextEncoder().encode(`harnex: session ${launch.id} on ${launch.host}:${server.port}\r\n`),
    );
  }
  const passSignal = (signal: OsSignal) =>
    void processes.find(agent.pid).then((process) => process && processes.signal(process, signal));
  const console = attached
    ? joinConsole(platform.terminal, agent, { signal: closing.signal, passSignal })
    : untilToldToEnd(platform, closing.signal, () => void requestStop({ by: "signal" }));
  if (context !== undefined) {
    if (plan.contextInArgv && context.length <= ARGUMENT_LIMIT) observe({ kind: "submitted", messageId: "context" });
    else void inbox.send({ text: context, mode: "submit", force: false });
  }
  for await (const observation of agent.observations) engine.observe(observation);
  const exit = await agent.exit;

  // Account: everything is told and written before the address closes, so that who waits finds it.
  await inbox.close("the agent exited before it took this message");
  const survivors = stopper.requested || exit.signal !== undefined || beforeExit.turn !== undefined
    ? await stopper.sweep()
    : [];
  if (survivors.length > 0) {
    warn("stop", `processes ${survivors.join(", ")} of session ${launch.id} do not end; kill them by hand`);
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
    gitStart,
    startedAt,
    ending: { exit, state: beforeExit, stop, ranOutOfTime, turns },
    warn,
  });
  await saving;
  await registry.remove(name, sessionId).catch((error) => warn("registry", error));
  await release();
  closing.abort();
  await console;
  return result;
}

/** A headless host that is told to end by a signal stops its agent in good order. */
async function untilToldToEnd(platform: Platform, signal: AbortSignal, onSignal: () => void): Promise<void> {
  using _signals = platform.terminal.onSignal(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"], onSignal);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Each kind of trouble is told once. */
function createWarner(tell: (text: string) => void): Warn {
  const told = new Set<string>();
  return (topic, trouble) => {
    if (told.has(topic)) return;
    told.add(topic);
    tell(`${topic}: ${messageOf(trouble)}`);
  };
}
