/**
 * What tests assert with: the one place that says where assertions come from. All comparisons are strict.
 */

export { deepEqual, doesNotMatch, equal, fail, match, notEqual, ok, rejects, throws } from "node:assert/strict";
