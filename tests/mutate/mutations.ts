/**
 * The faults that `deno task mutate` tries: each must fail a fast test. Small and about meaning, so that they outlive
 * a move; where the text of one changes, give it its new text.
 */

import { API_MUTATIONS } from "./api_mutations.ts";
import { INBOX_MUTATIONS } from "./inbox_mutations.ts";
import type { Mutation } from "./mutation.ts";
import { STOP_MUTATIONS } from "./stop_mutations.ts";
import { STORE_MUTATIONS } from "./store_mutations.ts";
import { TRANSPORT_MUTATIONS } from "./transport_mutations.ts";
import { TURN_MUTATIONS } from "./turn_mutations.ts";

export const MUTATIONS: readonly Mutation[] = [
  ...TURN_MUTATIONS,
  ...INBOX_MUTATIONS,
  ...STOP_MUTATIONS,
  ...API_MUTATIONS,
  ...TRANSPORT_MUTATIONS,
  ...STORE_MUTATIONS,
];
