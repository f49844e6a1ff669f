/** The schemas of the API and the types of the model are one: `describes` compiles for no schema that differs. */

import * as v from "valibot";
import { describes } from "../../src/host/api/schemas.ts";
import { deepEqual } from "../support/assert.ts";

interface Sample {
  id: string;
  kind: "a" | "b";
  count: number | null;
  list: readonly { at: string }[];
  note?: string;
}

const ENTRIES = {
  id: v.string(),
  kind: v.picklist(["a", "b"]),
  count: v.nullable(v.number()),
  list: v.array(v.object({ at: v.string() })),
  note: v.optional(v.string()),
};

Deno.test("describes() gives back a schema that is exactly the type's", () => {
  const schema = v.object(ENTRIES);
  deepEqual(describes<Sample>()(schema), schema);
});

// Compiled, not run: each line must be an error of the compiler.
export function differs(): unknown[] {
  const check = describes<Sample>();
  const { id: _, ...withoutId } = ENTRIES;
  const { note: _note, ...withoutNote } = ENTRIES;
  return [
    // @ts-expect-error -- a field is missing
    check(v.object(withoutId)),
    // @ts-expect-error -- an optional field is missing
    check(v.object(withoutNote)),
    // @ts-expect-error -- the type has no such field
    check(v.object({ ...ENTRIES, more: v.string() })),
    // @ts-expect-error -- the type has no such field, not even as an optional one
    check(v.object({ ...ENTRIES, more: v.optional(v.string()) })),
    // @ts-expect-error -- an optional field is required
    check(v.object({ ...ENTRIES, note: v.string() })),
    // @ts-expect-error -- a required field is optional
    check(v.object({ ...ENTRIES, id: v.optional(v.string()) })),
    // @ts-expect-error -- a word is missing
    check(v.object({ ...ENTRIES, kind: v.picklist(["a"]) })),
    // @ts-expect-error -- a word is not the type's
    check(v.object({ ...ENTRIES, kind: v.picklist(["a", "b", "c"]) })),
    // @ts-expect-error -- null is not allowed
    check(v.object({ ...ENTRIES, count: v.number() })),
    // @ts-expect-error -- a field in a list is of another type
    check(v.object({ ...ENTRIES, list: v.array(v.object({ at: v.number() })) })),
    // @ts-expect-error -- anything
    check(v.object({ ...ENTRIES, id: v.unknown() })),
    // @ts-expect-error -- anything
    check(v.object({ ...ENTRIES, id: v.any() })),
  ];
}
