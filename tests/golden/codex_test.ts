/**
 * What harnex makes of recorded conversations with Codex 0.169.0, compared whole with `expected.json` beside each.
 * `steer`, `interrupt` and `resume` leave out calls that were made to provoke errors.
 * After a change that is meant: `UPDATE_GOLDEN=1 deno test -A tests/golden/codex_test.ts`, then read the diff.
 */

import * as assert from "../support/assert.ts";
import fc from "fast-check";
import { codex } from "../../src/adapters/codex/codex.ts";
import type { LaunchRequest } from "../../src/adapters/adapter.ts";
import type { ApprovalPolicy } from "../../src/model/session.ts";
import { type Entry, parseRecording, play, type Played, type PlayOptions } from "../support/rpc_recording.ts";

const ROOT = new URL("./codex/", import.meta.url);

/** What the recorded client asked for, where it was not what harnex asks for. */
const READ_ONLY = ["-s", "read-only"];
const UNCONFINED = ["--yolo"];

/** Each folder of `golden/codex`: how it is to be played. */
const CASES: Readonly<Record<string, Partial<LaunchRequest> & Partial<PlayOptions>>> = {
  "two_turns": { args: READ_ONLY },
  "shell": { args: READ_ONLY },
  "command_accept": { args: READ_ONLY },
  "command_decline": { args: READ_ONLY, approvals: "deny" },
  "command_ask_deny": { args: READ_ONLY, approvals: "ask", choices: ["Deny"] },
  "command_ask_cancel": { args: READ_ONLY, approvals: "ask", choices: ["deny and end the turn"] },
  "command_unanswered": { args: READ_ONLY, approvals: "ask" },
  "patch_accept": { args: READ_ONLY },
  "patch_decline": { args: READ_ONLY, approvals: "deny" },
  "user_input": {},
  "permissions": { approvals: "deny" },
  "dynamic_tool": {},
  "mcp_elicitation": {},
  "interrupt": { args: READ_ONLY },
  "interrupt_shell": { args: UNCONFINED },
  "steer": {},
  "fail_401": {},
  "fail_429": {},
  "drop_once": {},
  "drop_always": { args: READ_ONLY },
  "context_compaction": {},
  "connection_refused": { timed: true, limits: { retryStreakMs: 100_000 } },
  "term_in_turn": { args: UNCONFINED },
  "kill_in_turn": { args: UNCONFINED },
  "resume": { args: [...READ_ONLY, "resume", "01a20470-576a-7303-8a4c-062904feffae"] },
};

async function load(name: string): Promise<Entry[]> {
  return parseRecording(await Deno.readTextFile(new URL(`${name}/wire.jsonl`, ROOT)));
}

function playCase(name: string, entries: readonly Entry[], more: Partial<PlayOptions> = {}): Promise<Played> {
  const { args = [], ...options } = CASES[name] ?? {};
  const approvals: ApprovalPolicy = options.approvals ?? "auto";
  const cwd = "/home/user/sessions/proj";
  const behaviour = codex.behaviour({ args, cwd, approvals, trust: false, env: {}, isRoot: false });
  return play(entries, { behaviour, ...options, approvals, ...more });
}

for (const name of Object.keys(CASES)) {
  Deno.test(`codex recording ${name}: signals, transcript and replies are as expected`, async () => {
    const played = await playCase(name, await load(name));
    const file = new URL(`${name}/expected.json`, ROOT);
    if (Deno.env.get("UPDATE_GOLDEN") === "1") {
      await Deno.writeTextFile(file, JSON.stringify(played, null, 2) + "\n");
    }
    const expected: unknown = JSON.parse(await Deno.readTextFile(file));
    assert.deepEqual(JSON.parse(JSON.stringify(played)), expected);
  });
}

Deno.test("codex recordings give the same signals for any chunking of the bytes", async () => {
  const names = ["two_turns", "command_accept", "mcp_elicitation"];
  const recordings = new Map(await Promise.all(names.map(async (name) => [name, await load(name)] as const)));
  const whole = new Map<string, Played>();
  for (const [name, entries] of recordings) whole.set(name, await playCase(name, entries));
  const sizes = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), sizes, async (name, pieces) => {
      let turn = 0;
      function* chunk(bytes: Uint8Array): Iterable<Uint8Array> {
        for (let at = 0; at < bytes.length;) {
          const size = pieces[turn++ % pieces.length] ?? 1;
          yield bytes.subarray(at, at + size);
          at += size;
        }
      }
      assert.deepEqual(await playCase(name, recordings.get(name) ?? [], { chunk }), whole.get(name));
    }),
    { numRuns: 30 },
  );
});

/** The recording with the reply to its `nth` turn/start moved to `position` of the places that it could come at. */
function moveReply(entries: readonly Entry[], choice: { nth: number; position: number }): Entry[] {
  const starts = entries.flatMap((entry, at) =>
    entry.dir === ">" && typeof entry.msg !== "string" && entry.msg.method === "turn/start" ? [at] : []
  );
  const start = starts[choice.nth % starts.length] ?? assert.fail("the recording starts no turn");
  const request = entries[start];
  const id = request === undefined || typeof request.msg === "string" ? undefined : request.msg.id;
  const replyAt = entries.findIndex(({ dir, msg }) =>
    dir === "<" && typeof msg !== "string" && msg.method === undefined && msg.id === id
  );
  const [reply] = entries.slice(replyAt, replyAt + 1);
  if (reply === undefined) return assert.fail("the recorded turn/start has no reply");
  const rest = entries.filter((_, at) => at !== replyAt);
  // The client's next call, or the end, is the last moment.
  const next = rest.findIndex(({ dir, msg }, at) =>
    at > start && (dir === "exit" || (dir === ">" && typeof msg !== "string" && msg.method !== undefined))
  );
  const places = (next === -1 ? rest.length : next) - start;
  const at = start + 1 + (choice.position % places);
  return [...rest.slice(0, at), reply, ...rest.slice(at)];
}

Deno.test("codex recordings give the same signals wherever the reply to turn/start comes", async () => {
  const names = ["two_turns", "command_accept", "command_decline", "fail_429", "drop_once", "patch_accept"];
  const recordings = new Map(await Promise.all(names.map(async (name) => [name, await load(name)] as const)));
  const whole = new Map<string, Played>();
  for (const [name, entries] of recordings) whole.set(name, await playCase(name, entries));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), fc.nat(5), fc.nat(60), async (name, nth, position) => {
      const moved = moveReply(recordings.get(name) ?? [], { nth, position });
      assert.deepEqual(await playCase(name, moved), whole.get(name));
    }),
    { numRuns: 60 },
  );
});
