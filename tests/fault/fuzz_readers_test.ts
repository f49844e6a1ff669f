/**
 * Whatever stands on a command line, in a state file or on an agent's stream: readers give a typed value or nothing,
 * and never anything outside the state directory.
 */

import { join, relative } from "node:path";
import fc from "fast-check";
import { HarnexError, messageOf } from "../../src/model/errors.ts";
import { parseEvent } from "../../src/model/events.ts";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { readEvents, readLastRun } from "../../src/store/event_log.ts";
import { readJournal } from "../../src/store/inbox_journal.ts";
import { createPaths, type SessionName, sessionName } from "../../src/store/paths.ts";
import { createRegistry, parseRecord } from "../../src/store/registry.ts";
import { createRpcPeer, parseMessage } from "../../src/wire/json_rpc.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createFakeRpcProcess } from "../support/fake_rpc_process.ts";
import { fuzz } from "../support/fuzz.ts";
import { AGENTS, COMMANDS } from "../support/program.ts";
import { withTempDir } from "../support/temp.ts";
import { within } from "../support/within.ts";

const { files, processes } = denoPlatform();
const encode = (text: string) => new TextEncoder().encode(text);

const wild = fc.string({ unit: "binary", maxLength: 12 });
const spellings = COMMANDS.flatMap(({ options }) => options.map(({ long }) => `--${long}`));
const word = fc.oneof(
  wild,
  fc.constantFrom(
    "--",
    "-",
    "-h",
    "-5",
    "codex",
    "claude",
    "list",
    "show",
    "../..",
    "a/b",
    "{}",
    "[",
    "1e999",
    "0x1",
    "٣",
  ),
  fc.constantFrom(...spellings),
  fc.tuple(fc.constantFrom(...spellings), fc.oneof(wild, fc.constantFrom("", "0", "-1", "9".repeat(30), "5m", "NaN")))
    .map((
      [name, value],
    ) => `${name}=${value}`),
);

Deno.test("fuzz: a command line is understood, or refused in one line that a terminal may see", () => {
  const environment = fc.constantFrom({}, { HARNEX_INBOX_TTL: "\x1b" }, { HARNEX_HOST: "" });
  const command = fc.constantFrom(...COMMANDS);
  fc.assert(
    fc.property(command, fc.array(word, { maxLength: 8 }), environment, (spec, argv, env) => {
      try {
        spec.read(argv, { agents: AGENTS, env });
      } catch (error) {
        ok(error instanceof HarnexError, `${spec.name}: ${error}`);
        ok(error.code === "usage" || error.code === "invalid", error.code);
        const message = messageOf(error);
        ok(message.length > 0 && message.length < 1_000, message);
        // deno-lint-ignore no-control-regex
        equal(/[\x00-\x1f\x7f-\x9f]/.test(message), false, message);
      }
    }),
    fuzz(400),
  );
});

const json = fc.oneof(fc.json({ maxDepth: 3 }), wild, fc.constant("null"), fc.constant("[]"));
const RECORD = {
  session_id: "0123456789abcdef",
  id: "x",
  cli: "repl",
  repo_root: "/repo",
  repo_key: "k",
  pid: 4711,
  port: 43000,
  host_pid: 4710,
  host_start: "1",
  token: "t",
  command: ["repl"],
};
/** The record with any of its fields, or others, replaced by anything. */
const bentRecord = fc.dictionary(fc.oneof(fc.constantFrom(...Object.keys(RECORD), "__proto__"), wild), fc.jsonValue(), {
  maxKeys: 3,
}).map((changes) => JSON.stringify({ ...RECORD, ...changes }));

Deno.test("fuzz: a registry record is one that can be used, or none", () => {
  let used = 0;
  fc.assert(
    fc.property(fc.oneof(json, bentRecord), (text) => {
      const record = parseRecord(text);
      if (record === undefined) return;
      used++;
      ok(Number.isSafeInteger(record.pid) && record.pid > 0 && Number.isSafeInteger(record.host_pid));
      ok(record.port > 0 && record.port < 65_536 && Number.isSafeInteger(record.port));
      for (const field of ["id", "cli", "repo_root", "host", "token", "cwd", "started_at"] as const) {
        equal(typeof record[field], "string", field);
      }
      ok(record.command.every((one) => typeof one === "string"));
    }),
    fuzz(500),
  );
  ok(used > 0, "no record could be used");
});

Deno.test("fuzz: files of any bytes stop no reader", async () => {
  await withTempDir(async (root) => {
    const paths = createPaths(root);
    const registry = createRegistry({ files, processes, paths });
    const name: SessionName = { key: "0".repeat(16), slug: "x" };
    const all = [paths.session(name), paths.exit(name), paths.events(name), paths.inbox(name)];
    for (const path of all) Deno.mkdirSync(join(path, ".."), { recursive: true });
    const content = fc.oneof(fc.uint8Array({ maxLength: 200 }), json.map(encode), bentRecord.map(encode));
    await fc.assert(
      fc.asyncProperty(content, async (bytes) => {
        for (const path of all) Deno.writeFileSync(path, bytes);
        const [records, unreadable] = [await registry.list(), await registry.listUnreadable()];
        equal(records.length + unreadable.length, 1);
        await registry.findExit(name);
        for await (const event of readEvents(files, paths.events(name))) equal(typeof event.seq, "number");
        for (const message of await readJournal(files, paths.inbox(name))) equal(typeof message.messageId, "string");
      }),
      fuzz(60),
    );
  });
});

Deno.test("fuzz: an event log that is torn anywhere gives every whole line, and no other", async () => {
  const event = fc.record({
    type: fc.constantFrom("started", "send", "state", "a type of the future"),
    msg: fc.string({ unit: "binary", maxLength: 20 }),
    seq: fc.integer({ min: 1, max: 9 }),
  });
  const damage = fc.oneof(
    fc.constant(""),
    fc.constant("{}"),
    fc.constant("null"),
    wild.map((text) => text.replaceAll("\n", "")),
  );
  await withTempDir(async (root) => {
    const path = join(root, "events.jsonl");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(event, damage), { maxLength: 6 }), fc.nat(400), async (rows, cut) => {
        const ts = "2026-01-01T00:00:00.000Z";
        const lines = rows.flatMap(([fields, between]) => [JSON.stringify({ ...fields, ts, id: "x" }), between]);
        const whole = encode(lines.map((line) => `${line}\n`).join(""));
        const torn = whole.subarray(0, Math.min(cut, whole.length));
        Deno.writeFileSync(path, torn);
        const expected = new TextDecoder().decode(torn).split("\n").flatMap((line) => parseEvent(line) ?? []);
        const found = await Array.fromAsync(readEvents(files, path));
        deepEqual(found, expected);
        const ends = (await readLastRun(files, path)).filter(({ type }) => type === "started");
        ok(ends.length <= 1, "one run at most");
        // Half a line is no event: JSON says so itself.
        ok(found.length <= rows.length);
      }),
      fuzz(100),
    );
  });
});

Deno.test("fuzz: a JSON-RPC peer survives any bytes, and still gets the reply that comes after them", async () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    json.map((text) => encode(`${text}\n`)),
    fc.record({ id: fc.oneof(fc.integer(), wild, fc.constant(null)), method: fc.oneof(wild, fc.integer()) }, {
      requiredKeys: [],
    }).map((message) => encode(`${JSON.stringify(message)}\n`)),
    fc.constant(encode(`${"x".repeat(3_000)}\n`)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(noise, { maxLength: 6 }), async (pieces) => {
      const fake = createFakeRpcProcess();
      const heard: string[] = [];
      const peer = createRpcPeer({
        readable: fake.process.stdout,
        writable: fake.process.stdin,
        clock: createFakeClock(),
        deadlineMs: 1_000,
        maxLineBytes: 2_000,
      });
      peer.listen({
        onNotification: ({ method }) => void heard.push(method),
        onRequest: ({ method }) => void heard.push(method),
        onMalformed: (problem, excerpt) => ok(problem.length < 200 && excerpt.length <= 200),
      });
      for (const piece of pieces) await fake.sayBytes(piece);
      const answer = peer.request({ method: "still/there" });
      const { id } = await fake.read(({ method }) => method === "still/there");
      await fake.sayBytes(encode("\n"));
      // A reply that the noise made up would have come before there was anything to reply to.
      await fake.say({ id, result: "yes" });
      equal(await within(5_000, answer, "the reply"), "yes");
      ok(heard.every((method) => typeof method === "string"));
      fake.exit({ code: 0 });
      await within(5_000, peer.closed, "the end");
    }),
    fuzz(100),
  );
  fc.assert(fc.property(json, (text) => void parseMessage(text)), fuzz(500));
});

Deno.test("fuzz: no id and no repository leads out of the state directory", () => {
  const id = fc.oneof(
    wild,
    fc.array(fc.constantFrom("..", "/", "\\", ".", "\0", "\n", "~", "%2e", "$", "x", " ", "CON", "ß", "🙂", "-"), {
      maxLength: 8,
    }).map((parts) => parts.join("")),
    fc.constant("../".repeat(20) + "etc/passwd"),
  );
  fc.assert(
    fc.property(id, wild, (id, repo) => {
      const paths = createPaths("/state");
      const name = sessionName(repo, id);
      ok(/^[0-9a-f]{16}$/.test(name.key) && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name.slug), JSON.stringify(name));
      const all = [
        ...[paths.session, paths.exit, paths.output, paths.events, paths.inbox, paths.lock, paths.folder].map((at) =>
          at(name)
        ),
        paths.log(id),
      ];
      for (const path of all) {
        const inside = relative("/state", path).split("/");
        ok(inside.length === 2 && !inside.includes(".."), path);
        // deno-lint-ignore no-control-regex
        equal(/[\x00-\x1f\x7f-\x9f]/.test(path), false, JSON.stringify(path));
        ok(encode(inside[1] ?? "").length <= 255, path);
      }
    }),
    fuzz(500),
  );
});
