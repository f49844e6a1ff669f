/**
 * The shape of the tree: who may import whom, what a module looks like, what no file may hold.
 * A rule that looks wrong is changed here and in guides/architecture.md together, never worked around.
 */

import { posix } from "node:path";
import { deepEqual, equal, ok } from "./support/assert.ts";
import { type Import, listFiles, listTop, parseModule, readText, ROOT } from "./support/tree.ts";

const TOP_LEVEL = ["src", "guides", "tests", "deno.json", "deno.lock", "README.md", "LICENSE", "CHANGELOG.md"];
const MAX_LINES = 500;
const MAX_LINES_WITHOUT_REASON = 300;

/** Files over 300 lines, each with its reason. */
const LONG_FILES: Readonly<Record<string, string>> = {
  "tests/agents/codex_test.ts": "one contract: the scenarios of one protocol on one set-up",
  "tests/unit/state_test.ts": "one pure function and its whole contract",
  "tests/unit/rpc_agent_test.ts": "one contract: what an agent may do on its streams, on one bench",
};

/** What each layer may import besides itself: a layer, or one file of it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ["cli", "platform", "model"],
  cli: ["control", "session", "adapters", "store", "platform", "model"],
  control: ["store", "transports/tmux.ts", "transports/plain_text.ts", "platform", "model"],
  session: ["adapters", "transports", "store", "platform", "model"],
  adapters: ["transports/screen.ts", "model"],
  transports: ["platform", "model"],
  store: ["platform", "model"],
  platform: ["model"],
  model: [],
};

/** The same for imports that are erased. */
const MAY_IMPORT_TYPES: Readonly<Record<string, readonly string[]>> = { adapters: ["transports"] };

/** Where a package may stand in `src/` (a file or a folder), and how; one that is not here may not. */
const PACKAGES: Readonly<Record<string, { only?: string; lazily?: true }>> = {
  "@xterm/headless": { only: "src/transports/", lazily: true },
  "@opentelemetry/otlp-transformer": { only: "src/session/otlp.ts", lazily: true },
  "@opentelemetry/resources": { only: "src/session/otlp.ts", lazily: true },
  "hono": { only: "src/session/", lazily: true },
  "valibot": { only: "src/adapters/profile.ts" },
};

const layerOf = (path: string) => path === "src/main.ts" ? "main" : path.split("/")[1] ?? "";

/** What is wrong with this import; undefined when nothing is. */
function problemWith({ specifier, kind }: Import, path: string): string | undefined {
  if (specifier.startsWith("node:")) return undefined;
  if (specifier.startsWith(".")) return problemWithLocal(posix.join(posix.dirname(path), specifier), kind, path);
  const found = PACKAGES[specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")];
  if (found === undefined) return "is no package that src may use";
  if (found.only !== undefined && !path.startsWith(found.only)) return `may stand in ${found.only} only`;
  if (found.lazily && kind === "value") return "must be loaded by import()";
  return undefined;
}

function problemWithLocal(target: string, kind: Import["kind"], path: string): string | undefined {
  if (target === "deno.json") return undefined;
  if (!target.startsWith("src/")) return "leaves src";
  const layer = layerOf(path);
  const allowed = [...(MAY_IMPORT[layer] ?? []), ...(kind === "type" ? MAY_IMPORT_TYPES[layer] ?? [] : [])];
  if (layerOf(target) === layer || allowed.includes(layerOf(target))) return undefined;
  return allowed.includes(target.slice("src/".length)) ? undefined : `is not for ${layer}`;
}

const sources = listFiles(["src"]).filter((path) => path.endsWith(".ts"));
const modules = new Map(sources.map((path) => [path, parseModule(path, readText(path))]));

Deno.test("imports point one way, and packages stand where they may", () => {
  const problems = [...modules].flatMap(([path, { imports }]) =>
    imports.flatMap((one) => {
      const problem = problemWith(one, path);
      return problem === undefined ? [] : [`${path}: "${one.specifier}" ${problem}`];
    })
  );
  deepEqual(problems, []);
});

Deno.test("the import check refuses what it should", () => {
  const refused: [path: string, statement: string][] = [
    ["src/main.ts", 'import { hostSession } from "./session/host.ts";'],
    ["src/cli/commands/pane.ts", 'import type { Screen } from "../../transports/screen.ts";'],
    ["src/control/launch.ts", 'import { hostSession } from "../session/host.ts";'],
    ["src/control/launch.ts", 'await import("../session/host.ts");'],
    ["src/control/launch.ts", 'import { lastRow } from "../transports/screen.ts";'],
    ["src/session/host.ts", 'import type { Follow } from "../control/follow.ts";'],
    ["src/adapters/claude.ts", 'import { createPeer } from "../transports/json_rpc.ts";'],
    ["src/adapters/claude.ts", 'import type { Platform } from "../platform/platform.ts";'],
    ["src/model/session.ts", 'export { clock } from "../platform/platform.ts";'],
    ["src/store/registry.ts", 'import { a } from "../../tests/support/temp.ts";'],
    ["src/cli/program.ts", 'import { Command } from "commander";'],
    ["src/transports/screen.ts", 'import { Terminal } from "@xterm/headless";'],
    ["src/session/screen.ts", 'import type { Terminal } from "@xterm/headless";'],
    ["src/session/api.ts", 'import { Hono } from "hono";'],
    ["src/session/api.ts", 'import fc from "fast-check";'],
    ["src/session/api.ts", 'import * as v from "valibot";'],
    ["src/session/api.ts", 'import x from "npm:valibot@1.5.0";'],
    ["src/session/api.ts", "await import(name);"],
  ];
  const allowed: [path: string, statement: string][] = [
    ["src/main.ts", 'import { run } from "./cli/program.ts";'],
    ["src/cli/program.ts", 'import { parseArgs } from "node:util"; await import("./commands/run.ts");'],
    ["src/control/launch.ts", 'import { newWindow } from "../transports/tmux.ts";'],
    ["src/adapters/claude.ts", 'import { type Screen, lastRow } from "../transports/screen.ts";'],
    ["src/adapters/claude.ts", 'import { type RpcPeer } from "../transports/json_rpc.ts";'],
    ["src/transports/screen.ts", 'import type { Terminal } from "@xterm/headless"; await import("@xterm/headless");'],
    ["src/session/api.ts", 'import { createHash } from "node:crypto";'],
    ["src/adapters/profile.ts", 'import * as v from "valibot";'],
  ];
  const isRefused = ([path, statement]: [string, string]) =>
    parseModule(path, statement).imports.some((one) => problemWith(one, path) !== undefined);
  deepEqual(refused.filter((example) => !isRefused(example)), []);
  deepEqual(allowed.filter(isRefused), []);
});

Deno.test("no module imports itself in a circle", () => {
  const targetsOf = (path: string) =>
    (modules.get(path)?.imports ?? []).filter(({ kind, specifier }) => kind === "value" && specifier.startsWith("."))
      .map(({ specifier }) => posix.join(posix.dirname(path), specifier));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (done.has(path) || trail.includes(path)) return;
    for (const target of targetsOf(path)) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of sources) visit(path, []);
  deepEqual(circles, []);
});

Deno.test("one place alone chooses by the transport", () => {
  const choosers = [...modules].filter(([, { choosesTransport }]) => choosesTransport).map(([path]) => path);
  ok(choosers.length <= 1, `several do: ${choosers.join(", ")}`);
});

Deno.test("every module of src opens with a doc comment of one to four lines", () => {
  const wrong = sources.filter((path) => {
    const comment = /^\/\*\*(.*?)\*\//s.exec(readText(path))?.[1] ?? "";
    const lines = comment.split("\n").map((line) => line.replace(/^\s*\*/, "").trim()).filter((line) => line !== "");
    return lines.length < 1 || lines.length > 4;
  });
  deepEqual(wrong, []);
});

const code = listFiles(["src", "tests", ".ci"]).filter((path) => /\.[jt]s$/.test(path) && !isRecording(path));

/** Recorded screens and streams, `tests/golden/<agent>/…`, hold what a program printed. */
function isRecording(path: string): boolean {
  return /^tests\/golden\/[^/]+\//.test(path);
}

Deno.test("modules are named in snake_case", () => {
  deepEqual(code.filter((path) => !/^[a-z0-9]+(?:_[a-z0-9]+)*\.[jt]s$/.test(posix.basename(path))), []);
});

Deno.test("no file is over 500 lines, and none over 300 without its reason", () => {
  const lengths = code.map((path) => ({ path, lines: readText(path).split("\n").length - 1 }));
  const long = lengths.filter(({ lines }) => lines > MAX_LINES_WITHOUT_REASON);
  deepEqual(long.filter(({ path, lines }) => lines > MAX_LINES || LONG_FILES[path] === undefined), []);
  const stale = Object.keys(LONG_FILES).filter((path) => !long.some((file) => file.path === path));
  deepEqual(stale, [], `these need no reason any more: ${stale.join(", ")}`);
});

Deno.test("the top level holds nothing but what belongs there", () => {
  deepEqual(listTop().filter((name) => !name.startsWith(".") && !TOP_LEVEL.includes(name)), []);
});

Deno.test("deno.lock names no host", () => {
  const lock = readText("deno.lock");
  equal(/"tarball"|https?:/.test(lock), false);
  ok(lock.includes('"integrity"'));
});

Deno.test("the changelog has a section for what is not released", () => {
  ok(readText("CHANGELOG.md").includes("\n## [Unreleased]\n"));
});

/** The folder that holds this checkout, unless everybody has such a folder; as part of a pattern. */
function machineFolder(): string {
  const parent = posix.dirname(ROOT);
  const folder = /^\/(?:tmp|home|opt|srv|usr\/src|Users)?$/.test(parent) ? ROOT : parent;
  return folder.replaceAll(/[^\w/]/g, "\\$&");
}

/** What no file may hold. Recordings are what a program printed, so only the last two are asked of them. */
const FORBIDDEN: readonly { what: string; pattern: RegExp; alsoInRecordings?: true }[] = [
  { what: "a conflict marker", pattern: /^(?:<{7}|>{7}|\|{7})(?: |$)/m },
  { what: "a path of one machine", pattern: new RegExp(`(?<![\\w.~])(?:/root|${machineFolder()})/`) },
  {
    what: "a registry host",
    pattern: /\bregistry\.[\w.-]*\w\.(?:org|com|net|io|dev|cn|example|internal)\b|\bjsr\.io\b/i,
    alsoInRecordings: true,
  },
  {
    what: "a secret",
    pattern: /\bsk-(?:ant|proj)-(?![\w-]*(?:dummy|fake|example))[\w-]{20}|\bgh[ps]_\w{30}|-{5}BEGIN [A-Z ]*PRIVATE KEY/,
    alsoInRecordings: true,
  },
];

Deno.test("no file holds a registry host, a path of one machine, a conflict marker or a secret", () => {
  const found = listFiles().flatMap((path) => {
    const text = readText(path);
    const here = FORBIDDEN.filter(({ pattern, alsoInRecordings }) =>
      (alsoInRecordings || !isRecording(path)) && pattern.test(text)
    );
    return here.map(({ what }) => `${path}: ${what}`);
  });
  deepEqual(found, []);
});

Deno.test("the search for what no file may hold finds it", () => {
  const examples = [
    `${"<".repeat(7)} HEAD`,
    ["see ", "root", ".cache", ""].join("/"),
    `see ${ROOT}/src`,
    ["https://registry", "npmjs", "org"].join("."),
    ["https://jsr", "io"].join("."),
    `sk-ant-${"x".repeat(30)}`,
  ];
  const fine = ["registry.list(row.id)", "/home/me/project", "a/root/b", "<<< EOF", "sk-ant-dummy-0123456789abcdef"];
  deepEqual(examples.filter((text) => !FORBIDDEN.some(({ pattern }) => pattern.test(text))), []);
  deepEqual(fine.filter((text) => FORBIDDEN.some(({ pattern }) => pattern.test(text))), []);
});
