/** The names that sessions have in the state directory, by the established tool's formulas. */

import {
  createPaths,
  firstPort,
  isSameName,
  repoKeyOf,
  sessionName,
  slugOf,
  stateRoot,
} from "../../src/store/paths.ts";
import { deepEqual, equal, throws } from "../support/assert.ts";

Deno.test("slugOf() lowers letters, turns every run of other characters into one dash, and trims dashes", () => {
  const slugs = ["Foo Bar", "foo--bar", "__a__", "x", "ÄÖ", "", "a.b/c:d", "-1-"].map(slugOf);
  deepEqual(slugs, ["foo-bar", "foo-bar", "a", "x", "default", "default", "a-b-c-d", "1"]);
  equal(slugOf("x".repeat(180)).length, 180);
  throws(() => slugOf("x".repeat(181)), { code: "usage", message: "--id is too long: 181 characters, at most 180" });
});

Deno.test("isSameName() compares ids by their slugs, also ids that are too long for a file", () => {
  deepEqual([isSameName("Foo Bar", "foo-bar"), isSameName("a", "b"), isSameName("x".repeat(300), "X".repeat(300))], [
    true,
    false,
    true,
  ]);
});

const ROOT = "/home/me/project";
/** `printf %s /home/me/project | sha256sum | cut -c1-16` */
const KEY = "225df3094012a213";

Deno.test("sessionName() is the first 16 hex digits of the repository's hash, and the slug", () => {
  const { key, slug } = sessionName(ROOT, "My Id");
  deepEqual([key, slug, repoKeyOf(`${ROOT}/`) === key], [KEY, "my-id", false]);
});

Deno.test("createPaths() keeps each kind of file in its folder, and a host's log under its id", () => {
  const paths = createPaths("/state");
  const name = { key: "k", slug: "s" };
  deepEqual(
    [
      paths.session(name),
      paths.exit(name),
      paths.output(name),
      paths.events(name),
      paths.inbox(name),
      paths.lock(name),
    ],
    [
      "/state/sessions/k--s.json",
      "/state/exits/k--s.json",
      "/state/output/k--s.log",
      "/state/events/k--s.jsonl",
      "/state/inbox/k--s.jsonl",
      "/state/locks/k--s.lock",
    ],
  );
  deepEqual([paths.log("My Id"), paths.log("../up"), paths.log(".x"), paths.log("a".repeat(200).slice(0, 180))], [
    "/state/logs/My Id.log",
    "/state/logs/up.log",
    "/state/logs/x.log",
    `/state/logs/${"a".repeat(180)}.log`,
  ]);
});

Deno.test("stateRoot() takes HARNEX_STATE_DIR, then XDG_STATE_HOME, then the home", () => {
  const HOME = "/home/me";
  deepEqual(
    [
      { HOME, HARNEX_STATE_DIR: "/own", XDG_STATE_HOME: "/xdg" },
      { HOME, HARNEX_STATE_DIR: "~/own" },
      { HOME, HARNEX_STATE_DIR: "~other/own" },
      { HOME, HARNEX_STATE_DIR: " ", XDG_STATE_HOME: "/xdg" },
      { HOME, XDG_STATE_HOME: "relative" },
      { HOME },
    ].map((env) => stateRoot(env).replace(Deno.cwd(), "CWD")),
    [
      "/own",
      "/home/me/own",
      "CWD/~other/own",
      "/xdg/harnex",
      "/home/me/.local/state/harnex",
      "/home/me/.local/state/harnex",
    ],
  );
  throws(() => stateRoot({}), { code: "failed" });
});

Deno.test("firstPort() is the whole hash of repository, NUL and id, modulo the span", async () => {
  const bytes = new TextEncoder().encode(`${ROOT}\0My Id`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const number = digest.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const range = { base: 43_000, span: 4_000 };
  equal(firstPort(ROOT, " My Id ", range), 43_000 + Number(number % 4_000n));
  equal(firstPort(ROOT, "My Id", { base: 50_000, span: 1 }), 50_000);
});
