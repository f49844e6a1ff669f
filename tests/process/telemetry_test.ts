/**
 * Dispatches, turns and states as OpenTelemetry spans, as a collector gets them; and a collector that is not there, or
 * not in time, is never the session's trouble.
 */

import { join } from "node:path";
import { deepEqual, equal, match } from "../support/assert.ts";
import { type Collector, startCollector } from "../support/collector.ts";
import { readLedger } from "../support/ledger.ts";
import { isRunning, untilGone } from "../support/processes.ts";
import { linuxTest as test } from "../support/own_sessions.ts";
import { exists, type Sessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";

const to = ({ url }: { url: string }) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
});

/** Runs a shell line as agent `id`, which writes what it was given as TRACEPARENT to `<id>.trace`; gives its session. */
async function traced(sessions: Sessions, id: string, env: Record<string, string>, code = 0) {
  const line = `printf %s "$TRACEPARENT" > ${id}.trace; exit ${code}`;
  const result = await sessions.run(["run", "--id", id, "sh", "--", "-c", line], { env });
  equal(result.code, code, result.stderr);
  const told = Deno.readTextFileSync(join(sessions.sandbox.project, `${id}.trace`));
  return { sessionId: String(sessions.exitRecord(id)["session_id"]), told, stderr: result.stderr };
}

test("a dispatch, its turns and its states are spans of one trace, as the events tell them", async (sessions) => {
  await using collector = startCollector();
  const env = {
    ...to(collector),
    OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b, x-other=2",
    OTEL_SERVICE_NAME: "workers",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test,service.name=no",
  };
  const words = ["--description", "a worker", "--meta", '{"chain_id":"c1","phase":"impl"}', "repl"];
  const { sessionId } = await sessions.startReady("w", words, { env });
  equal((await sessions.run(["send", "--id", "w", "a secret task", "--wait-for-idle"])).code, 0);
  equal((await sessions.run(["stop", "--id", "w", "--wait"])).code, 0);
  const dispatch = await collector.span("dispatch", sessionId);
  const events = sessions.events("w");
  const at = (type: string, last = false) =>
    Date.parse(
      String(
        (last ? events.findLast((event) => event["type"] === type) : events.find((event) => event["type"] === type))
          ?.["ts"],
      ),
    );
  const { attributes, links, status, parentSpanId, startMs, endMs } = dispatch;
  deepEqual({ links, status, parentSpanId, startMs, endMs, spanId: dispatch.spanId }, {
    links: [],
    status: { code: 1 },
    parentSpanId: undefined,
    startMs: at("started"),
    endMs: at("exited"),
    spanId: sessionId,
  });
  deepEqual(
    ["harnex.id", "gen_ai.agent.name", "harnex.chain_id", "harnex.phase", "harnex.reason", "harnex.exit_code"]
      .map((name) => attributes[name]),
    ["w", "repl", "c1", "impl", "success", 0],
  );
  deepEqual(["service.name", "deployment.environment.name"].map((name) => dispatch.resource[name]), [
    "workers",
    "test",
  ]);
  deepEqual(dispatch.events.map(({ name }) => name), ["send", "stop_requested"]);

  const turn = await collector.span("turn", sessionId);
  deepEqual([turn.startMs, turn.endMs, turn.status, turn.parentSpanId, turn.traceId], [
    at("turn_started"),
    at("task_complete"),
    { code: 1 },
    sessionId,
    dispatch.traceId,
  ]);
  // Each state begins where the one before ended.
  const states = collector.spans.filter(({ name }) => name.startsWith("state ")).sort((one, other) =>
    one.startMs - other.startMs
  );
  const told = events.filter(({ type, to }) => type === "state" && to !== "exited").map(({ to }) => `state ${to}`);
  deepEqual(states.map(({ name }) => name), ["state unknown", ...told]);
  deepEqual(states.slice(1).map(({ startMs }) => startMs), states.slice(0, -1).map(({ endMs }) => endMs));
  equal(new Set(collector.spans.map(({ traceId }) => traceId)).size, 1);
  equal(new Set(collector.spans.map(({ spanId }) => spanId)).size, collector.spans.length);
  const [request] = collector.requests;
  deepEqual([request?.path, request?.headers.get("x-key"), request?.headers.get("x-other")], [
    "/v1/traces",
    "a b",
    "2",
  ]);
  equal(collector.requests.some(({ body }) => new TextDecoder().decode(body).includes("secret")), false);
  deepEqual(
    readLedger(sessions).map((row) => row["traceparent"]),
    [1, 2].map(() => `00-${dispatch.traceId}-${sessionId}-01`),
  );
});

test("a dispatch joins the trace it was given, or that of its dispatcher, and hands its own on", async (sessions) => {
  await using collector = startCollector();
  const env = to(collector);
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const TRACEPARENT = `00-${trace}-00f067aa0ba902b7-01`;
  const boss = await traced(sessions, "boss", { ...env, TRACEPARENT }, 7);
  const bossSpan = await collector.span("dispatch", boss.sessionId);
  equal(boss.told, `00-${trace}-${boss.sessionId}-01`);
  deepEqual([bossSpan.traceId, bossSpan.parentSpanId, bossSpan.status], [trace, "00f067aa0ba902b7", {
    code: 2,
    message: "failure",
  }]);

  const [child, linked] = await Promise.all([
    traced(sessions, "child", { ...env, HARNEX_ID: "boss" }),
    traced(sessions, "linked", { ...env, HARNEX_ID: "boss", TRACEPARENT: `00-${"1".repeat(32)}-${"2".repeat(16)}-01` }),
  ]);
  const childSpan = await collector.span("dispatch", child.sessionId);
  deepEqual([childSpan.traceId, childSpan.parentSpanId, childSpan.links], [trace, boss.sessionId, []]);
  equal(childSpan.attributes["harnex.parent_dispatch_id"], "boss");
  const linkedSpan = await collector.span("dispatch", linked.sessionId);
  deepEqual([linkedSpan.traceId, linkedSpan.parentSpanId, linkedSpan.links], [
    "1".repeat(32),
    "2".repeat(16),
    [{ traceId: trace, spanId: boss.sessionId }],
  ]);
});

test("without an endpoint, or told not to, nothing is exported, and the agent keeps what it was given", async (sessions) => {
  await using collector = startCollector();
  const on = to(collector);
  const given = `00-${"1".repeat(32)}-${"2".repeat(16)}`;
  const ways: Record<string, string>[] = [
    { TRACEPARENT: `${given}-01` },
    { ...on, TRACEPARENT: `${given}-00` },
    { ...on, TRACEPARENT: `${given}-01`, OTEL_SDK_DISABLED: "TRUE" },
    { ...on, TRACEPARENT: `${given}-01`, OTEL_TRACES_EXPORTER: "none" },
  ];
  const told = await Promise.all(ways.map((env, index) => traced(sessions, `w${index}`, env)));
  deepEqual(told.map(({ told }) => told), ways.map(({ TRACEPARENT }) => TRACEPARENT));
  deepEqual(told.map(({ stderr }) => stderr.includes("warning")), ways.map(() => false));
  equal(collector.requests.length, 0);
});

test("the endpoint for traces is taken as it is, in the protocol's own encoding unless said", async (sessions) => {
  await using collector = startCollector();
  const { sessionId } = await traced(sessions, "w", { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own` });
  const [request] = collector.requests;
  deepEqual([request?.path, request?.headers.get("content-type")], ["/own", "application/x-protobuf"]);
  const bytes = Array.from(request?.body ?? [], (byte) => byte.toString(16).padStart(2, "0")).join("");
  // Field 2 of a span, eight bytes: its id.
  equal(bytes.includes(`1208${sessionId}`), true);
});

test("a collector that is away, refuses, or asks for patience costs one warning, and what can be sent is sent", async (sessions) => {
  await using patient = startCollector((request) => request === 0 ? 503 : 200);
  await using refusing = startCollector(() => 401);
  const closed = "http://user:password@127.0.0.1:9";
  const late = sessions.startReady("late", ["repl"], { env: { ...to(patient), OTEL_BSP_SCHEDULE_DELAY: "1" } });
  const [down, refused, wrong] = await Promise.all([
    traced(sessions, "down", to({ url: closed }), 7),
    traced(sessions, "refused", to(refusing), 7),
    traced(sessions, "wrong", { ...to(refusing), OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, 7),
  ]);
  for (const { stderr } of [down, refused, wrong]) equal(stderr.split("warning:").length, 2, stderr);
  match(down.stderr, /warning: telemetry: cannot export spans to http:\/\/127\.0\.0\.1:9\/v1\/traces: /);
  equal(down.stderr.includes("password"), false);
  match(refused.stderr, /\/v1\/traces: it answered 401/);
  match(wrong.stderr, /OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"; harnex has http\/protobuf and http\/json/);
  // What was refused at first came again, before the session's end.
  const { sessionId } = await late;
  await patient.span("state unknown", sessionId);
  equal((await sessions.run(["stop", "--id", "late", "--wait"])).code, 0);
  equal((await patient.span("dispatch", sessionId)).attributes["harnex.reason"], "success");
});

test("a collector that does not answer holds up neither the account nor, for long, the host", async (sessions) => {
  const answer = Promise.withResolvers<number>();
  await using collector = startCollector(() => answer.promise);
  try {
    await sessions.run(["run", "--id", "w", "--detach", "sh", "--", "-c", "sleep 0.5; exit 7"], { env: to(collector) });
    const { hostPid } = sessions.record("w");
    equal((await sessions.run(["wait", "--id", "w", "--timeout", "20"])).code, 7);
    equal(exists(sessions.files("w").record), false);
    // The id is free although the host still waits for the collector.
    equal((await sessions.run(["run", "--id", "w", "sh", "--", "-c", "exit 3"])).code, 3);
    await until(20_000, () => isRunning(hostPid) ? undefined : true, "the end of the host");
    match(Deno.readTextFileSync(join(sessions.sandbox.stateDir, "logs/w.log")), /telemetry: .*no answer in time/);
  } finally {
    answer.resolve(200);
  }
});

test("what a killed host has left open is ended by who accounts for it", async (sessions) => {
  await using collector: Collector = startCollector();
  const env = { ...to(collector), TRACEPARENT: `00-${"1".repeat(32)}-${"2".repeat(16)}-01` };
  const { sessionId, hostPid } = await sessions.startReady("w", ["repl"], { env });
  equal((await sessions.run(["send", "--id", "w", "work 100"])).code, 0);
  Deno.kill(hostPid, "SIGKILL");
  await untilGone(sessionId, 10_000);
  equal((await sessions.run(["doctor", "--adapter", "generic", "--sweep"], { env })).code, 0);
  const dispatch = await collector.span("dispatch", sessionId);
  deepEqual([dispatch.traceId, dispatch.parentSpanId, dispatch.status], ["1".repeat(32), "2".repeat(16), {
    code: 2,
    message: "lost",
  }]);
  equal(dispatch.startMs, Date.parse(String(sessions.events("w")[0]?.["ts"])));
  const turn = await collector.span("turn", sessionId);
  deepEqual(turn.status, { code: 2, message: "lost" });
});
