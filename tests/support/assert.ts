/**
 * What tests assert with: the one place that says where assertions come from. All comparisons are strict.
 */

// By their long names: what Deno 2.7.11 exports from node:assert/strict as `equal` and `deepEqual` compares loosely.
export {
  deepStrictEqual as deepEqual,
  doesNotMatch,
  fail,
  match,
  notStrictEqual as notEqual,
  ok,
  rejects,
  strictEqual as equal,
  throws,
} from "node:assert/strict";
