/**
 * The profile of an agent in a terminal: a JSON file that describes it to harnex. The parser is strict and reports the
 * first mistake on one line. `guides/adapters.md` describes each field.
 */

import * as v from "valibot";
import type { BlockKind } from "../../model/signal.ts";
import type { KeyName, Keystroke } from "../../transports/agent_process.ts";
import { compilePattern } from "./pattern.ts";

/** A parsed profile: compiled patterns, keys as keystrokes, defaults filled in. */
export type Profile = v.InferOutput<ReturnType<typeof profileSchema>>;
export type Sign = Profile["prompt"][number];
export type ProfileDialog = Profile["dialogs"][number];

/** Where a sign that is only a pattern must stand. */
type Place = "cursor" | "screen";

/** The placeholder for the value in the words that carry one. */
export const VALUE = "{}";
const MAX_WAIT_MS = 5_000;
const MAX_SETTLE_MS = 10_000;
const MAX_GRACE_MS = 10_000;
/** Of each list: far more than any profile needs, few enough to read a screen quickly. */
const MAX_ITEMS = 40;
/** How long the words of `{ "see": … }` may take to show. */
const SEE_MS = 3_000;
const KEY_NAMES = [
  "enter",
  "escape",
  "ctrl-c",
  "ctrl-d",
  "ctrl-u",
  "up",
  "down",
  "left",
  "right",
  "tab",
  "backspace",
] as const satisfies readonly KeyName[];
const KINDS = ["trust", "login", "permission", "question", "choice"] as const satisfies readonly BlockKind[];

/** The profile in `text`; or, as text, the first mistake in it. */
export function parseProfile(text: string): Profile | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? `not JSON: ${error.message}` : "not JSON";
  }
  return readProfile(value);
}

/** The profile in a parsed JSON value; or, as text, the first mistake in it. */
export function readProfile(value: unknown): Profile | string {
  if (Array.isArray(value)) return "not a JSON object";
  const result = v.safeParse(profileSchema(), value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  return problemOf(issue);
}

function problemOf(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => String(key)) ?? [];
  const last = path.at(-1) ?? "";
  const place = (keys: readonly string[]) => keys.length === 0 ? "" : `in ${keys.join(".")}: `;
  if (issue.type === "strict_object" && path.length > 0 && issue.expected === "never") {
    return `${place(path.slice(0, -1))}unknown field "${last}"`;
  }
  if (issue.type === "strict_object" && path.length > 0 && issue.received === "undefined") {
    return `${place(path.slice(0, -1))}"${last}" is missing`;
  }
  return `${place(path)}${issue.message}`;
}

function profileSchema() {
  return v.strictObject({ $schema: v.optional(v.string()), ...launchFields(), ...screenFields(), ...keyFields() });
}

/** How the agent is started, and which versions of it are known. */
function launchFields() {
  const word = wordSchema();
  const words = v.pipe(v.array(word), v.maxLength(MAX_ITEMS));
  const valued = v.pipe(
    words,
    v.check((list) => list.some((one) => one.includes(VALUE)), `no word has ${VALUE} in it`),
  );
  const version = v.pipe(v.string(), v.regex(/^\d+(\.\d+)*$/, "is no version, such as 1.2.0"));
  const approvals = v.strictObject({ auto: v.optional(words), ask: v.optional(words), deny: v.optional(words) });
  return {
    command: word,
    replaces_built_in: v.optional(v.boolean(), false),
    args: v.optional(words, []),
    env: v.optional(v.record(v.string(), v.string()), {}),
    first_task: v.optional(valued),
    model: v.optional(valued),
    effort: v.optional(valued),
    trust: v.optional(words),
    approvals: v.optional(approvals, {}),
    version: v.optional(v.strictObject({
      args: v.optional(words, ["--version"]),
      at_least: v.optional(version, "0"),
      tested: version,
    })),
    install: v.optional(word),
  };
}

/** How to read its screen. */
function screenFields() {
  const pattern = patternSchema();
  const patterns = v.optional(v.array(pattern), []);
  const endings = v.strictObject({ completed: patterns, interrupted: patterns, failed: patterns });
  return {
    prompt: v.pipe(signsSchema("cursor"), v.minLength(1, "needs a sign")),
    bracketed_paste: v.optional(v.boolean(), false),
    busy: v.optional(signsSchema("screen"), []),
    input: v.optional(pattern),
    placeholder: v.optional(pattern),
    dialogs: v.optional(v.pipe(v.array(dialogSchema()), v.maxLength(MAX_ITEMS)), []),
    endings: v.optional(endings, {}),
  };
}

/** Which keys type to it, interrupt it and end it, and how long it may take. */
function keyFields() {
  const keys = keysSchema();
  const guard = v.strictObject({
    when: patternSchema(),
    before: v.optional(v.string(), ""),
    after: v.optional(v.string(), ""),
  });
  return {
    guard: v.optional(v.pipe(v.array(guard), v.maxLength(MAX_ITEMS)), []),
    submit: v.optional(keys, ["enter"]),
    clear: v.optional(keys),
    interrupt: v.optional(keys, ["ctrl-c"]),
    exit: v.optional(keys, [{ type: "/exit" }, { wait: 150 }, "enter"]),
    settle_ms: v.optional(millisecondsSchema(MAX_SETTLE_MS), 300),
    exit_grace_ms: v.optional(millisecondsSchema(MAX_GRACE_MS), 5_000),
  };
}

/** A question of the agent: how it looks, and what answers it. */
function dialogSchema() {
  const pattern = patternSchema();
  const choice = v.strictObject({
    label: wordSchema(),
    keys: keysSchema(),
    decides: v.optional(v.picklist(["approve", "deny"])),
  });
  const menu = v.strictObject({
    mark: v.pipe(v.string(), v.maxLength(2), v.nonEmpty("must not be empty")),
    pick: v.picklist(["digit", "digit-enter", "arrows"]),
    approve: v.optional(pattern),
    deny: v.optional(pattern),
  });
  return v.pipe(
    v.strictObject({
      kind: v.picklist(KINDS),
      label: v.optional(wordSchema()),
      when: v.pipe(signsSchema("screen"), v.minLength(1, "needs a sign")),
      from: v.optional(pattern),
      choices: v.optional(v.pipe(v.array(choice), v.minLength(1), v.maxLength(MAX_ITEMS))),
      menu: v.optional(menu),
    }),
    v.check(({ choices, menu }) => choices === undefined || menu === undefined, "has both choices and a menu"),
  );
}

function wordSchema() {
  return v.pipe(v.string(), v.nonEmpty("must not be empty"));
}

function millisecondsSchema(most: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most));
}

function signsSchema(place: Place) {
  return v.pipe(v.array(signSchema(place)), v.maxLength(MAX_ITEMS));
}

function patternSchema() {
  return v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }): RegExp => {
      const compiled = compilePattern(dataset.value);
      if (compiled instanceof RegExp) return compiled;
      addIssue({ message: `the pattern ${JSON.stringify(dataset.value)} is not usable: ${compiled}` });
      return NEVER;
    }),
  );
}

/** `{ "cursor": …, "screen": …, … }`, which holds where all given patterns fit; a bare pattern stands for `place`. */
function signSchema(place: Place) {
  const pattern = patternSchema();
  return v.pipe(
    v.unknown(),
    v.transform((value) => typeof value === "string" ? { [place]: value } : value),
    v.strictObject({
      cursor: v.optional(pattern),
      screen: v.optional(pattern),
      bottom: v.optional(pattern),
      title: v.optional(pattern),
    }),
    v.check(
      (sign) => Object.values(sign).some((one) => one !== undefined),
      "says neither cursor, screen, bottom nor title",
    ),
  );
}

/** The name of a key, `{ "type": "text" }`, `{ "wait": milliseconds }` or `{ "see": "words" }`. */
function keysSchema() {
  return v.pipe(
    v.array(v.pipe(
      v.unknown(),
      v.rawTransform(({ dataset, addIssue, NEVER }): Keystroke => {
        const key = parseKey(dataset.value);
        if (key !== undefined) return key;
        const known = `${
          KEY_NAMES.join(", ")
        }, { "type": text }, { "wait": ms up to ${MAX_WAIT_MS} } or { "see": words }`;
        addIssue({ message: `${JSON.stringify(dataset.value)} is no key; write ${known}` });
        return NEVER;
      }),
    )),
    v.minLength(1, "has no key"),
    v.maxLength(MAX_ITEMS),
  );
}

function parseKey(value: unknown): Keystroke | undefined {
  const name = KEY_NAMES.find((known) => known === value);
  if (name !== undefined) return { kind: "key", key: name };
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 1) return undefined;
  if ("type" in value && typeof value.type === "string" && value.type !== "") return { kind: "text", text: value.type };
  if ("wait" in value && typeof value.wait === "number" && value.wait >= 0 && value.wait <= MAX_WAIT_MS) {
    return { kind: "pause", ms: value.wait, reason: "the agent's profile says so" };
  }
  if ("see" in value && typeof value.see === "string" && value.see !== "") {
    return { kind: "see", words: value.see, limitMs: SEE_MS, otherwise: "stop", reason: "the agent's profile says so" };
  }
  return undefined;
}
