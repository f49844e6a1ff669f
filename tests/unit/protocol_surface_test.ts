import { deepEqual } from "../support/assert.ts";
import { changesOf, methodsOf, surfaceOf } from "../support/protocol_surface.ts";

const BUNDLE = {
  definitions: {
    Note: {
      oneOf: [
        {
          properties: { method: { enum: ["item/done"] }, params: { $ref: "#/definitions/v2/Done" } },
          required: ["method", "params"],
        },
        { properties: { method: { enum: ["bye"] } }, required: ["method"] },
      ],
    },
    v2: {
      Done: {
        properties: {
          item: { oneOf: [{ $ref: "#/definitions/v2/Item" }] },
          tags: { type: ["array", "null"], items: { type: "string" } },
          more: { type: "object", properties: { a: { type: "integer" } } },
        },
        required: ["item"],
      },
      Item: {
        oneOf: [
          { properties: { type: { enum: ["plan"] }, text: { type: "string" } }, required: ["type", "text"] },
          { properties: { type: { enum: ["run"] }, status: { $ref: "#/definitions/v2/Status" } }, required: ["type"] },
        ],
      },
      Status: { enum: ["ok", "failed"] },
      Unused: { type: "string" },
    },
  },
};

Deno.test("surfaceOf() names each field of each type that is in reach, with the words that it may hold", () => {
  deepEqual(surfaceOf(BUNDLE, ["Note"]), [
    "Done.item: Item",
    "Done.more?: { a: integer }",
    "Done.tags?: null | string[]",
    'Item("plan").text: string',
    'Item("plan").type: "plan"',
    'Item("run").status?: Status',
    'Item("run").type: "run"',
    'Note("bye").method: "bye"',
    'Note("item/done").method: "item/done"',
    'Note("item/done").params: Done',
    'Status: "failed" | "ok"',
  ]);
  deepEqual(methodsOf(BUNDLE, "Note"), ["Note: bye", "Note: item/done"]);
});

Deno.test("changesOf() names what was added, removed and retyped, and the words that came and went", () => {
  const before = ["A.gone: string", "A.kept: string", "A.typed?: string", 'S: "a" | "b"', "C: one"];
  const after = ["A.kept: string", "A.new?: integer", "A.typed?: integer", 'S: "b" | "c"', "C: one", "C: two"];
  deepEqual(changesOf(before, after), [
    "added A.new?: integer",
    "removed A.gone: string",
    "changed A.typed?: string → integer",
    'changed S: + "c", - "a"',
    "changed C: + two",
  ]);
  deepEqual(changesOf(before, before), []);
});
