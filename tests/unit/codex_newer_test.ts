import { createNotificationReader } from "../../src/adapters/codex/notifications.ts";
import { deepEqual } from "../support/assert.ts";

const THREAD = "t-1";
const TURN = "turn-1";

function read(...notes: readonly { method: string; params: Record<string, unknown> }[]) {
  const reader = createNotificationReader();
  return notes.map(({ method, params }) => reader.read({ method, params: { threadId: THREAD, ...params } }, THREAD));
}

Deno.test("a notification that only a newer Codex knows says nothing, also where it has a known one's fields", () => {
  const [state, unheard] = read(
    { method: "thread/readState/changed", params: { readState: { revision: "r" } } },
    { method: "turn/almostCompleted", params: { turn: { id: TURN, status: "completed" } } },
  );
  deepEqual([state, unheard], [{ signals: [], transcript: "" }, { signals: [], transcript: "" }]);
});

Deno.test("an item that only a newer Codex knows is kept whole, and so are new fields of a known one", () => {
  const unheard = { type: "hologram", id: "i", status: "shimmering", depth: { metres: 3 } };
  const message = { type: "agentMessage", id: "m", text: "hi", display: { mode: "hide", version: 1 } };
  const [first, second] = read(
    { method: "item/completed", params: { turnId: TURN, item: unheard } },
    { method: "item/completed", params: { turnId: TURN, item: message } },
  );
  deepEqual(first?.signals, [{ kind: "item_completed", item: unheard }]);
  deepEqual(second?.signals, [{ kind: "item_completed", item: message }]);
});

Deno.test("a turn that ends with a status of a newer Codex has failed, with that word", () => {
  const [, ended] = read(
    { method: "turn/started", params: { turn: { id: TURN } } },
    { method: "turn/completed", params: { turn: { id: TURN, status: "paused" } } },
  );
  deepEqual(ended?.signals, [{
    kind: "turn_ended",
    turnId: TURN,
    outcome: "failed",
    detail: 'the turn ended as "paused", which is unknown here',
  }]);
});
