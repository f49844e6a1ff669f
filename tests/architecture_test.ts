/**
 * The shape of the tree: who may import whom, what a module looks like, what no file may hold.
 * A rule that looks wrong is changed here and in guides/architecture.md together, never worked around.
 */

import { posix } from "node:path";
import { deepEqual, equal, ok } from "./support/assert.ts";
import { MAY_IMPORT, MAY_IMPORT_TYPES } from "./support/layers.ts";
import { type Import, listFiles, listTop, parseModule, readText, ROOT } from "./support/tree.ts";

const TOP_LEVEL = [
  "src",
  "guides",
  "tests",
  "deno.json",
  "deno.lock",
  "README.md",
  "LICENSE",
  "CHANGELOG.md",
  "AGENTS.md",
];
const MAX_LINES = 500;
const MAX_LINES_WITHOUT_REASON = 300;

/** Files over 300 lines, each with its reason. */
const LONG_FILES: Readonly<Record<string, string>> = {
  "src/cli/commands/run.ts": "one command; the table of its options is a third of it",
  "tests/agents/codex_test.ts": "one contract: the scenarios of one protocol on one set-up",
  "tests/unit/state_test.ts": "one pure function and its whole contract",
  "tests/unit/rpc_agent_test.ts": "one contract: what an agent may do on its streams, on one bench",
};

/** The commands that become a session's host, or replay one: all others look in from outside. */
const MAY_HOST: readonly string[] = [
  "src/cli/commands/run.ts",
  "src/cli/commands/host.ts",
  "src/cli/commands/explain.ts",
];

/** Where a package may stand in `src/` (files or folders), and how; one that is not here may not. */
const PACKAGES: Readonly<Record<string, { only: readonly string[]; lazily?: true }>> = {
  "@xterm/headless": { only: ["src/transports/terminal/"], lazily: true },
  "@opentelemetry/otlp-transformer": { only: ["src/tracing/otlp.ts"], lazily: true },
  "@opentelemetry/resources": { only: ["src/tracing/otlp.ts"], lazily: true },
  "get-east-asian-width": { only: ["src/cli/ui/table.ts"] },
  "valibot": { only: ["src/adapters/profile/profile.ts", "src/host/api/"] },
  "@valibot/to-json-schema": { only: ["src/host/api/openapi.ts"], lazily: true },
};

const layerOf = (path: string) => path === "src/main.ts" ? "main" : path.split("/")[1] ?? "";

/** What is wrong with this import; undefined when nothing is. */
function problemWith({ specifier, kind }: Import, path: string): string | undefined {
  if (specifier.startsWith("node:")) return undefined;
  if (specifier.startsWith(".")) return problemWithLocal(posix.join(posix.dirname(path), specifier), kind, path);
  const found = PACKAGES[specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")];
  if (found === undefined) return "is no package that src may use";
  if (!found.only.some((place) => path.startsWith(place))) return `may stand in ${found.only.join(", ")} only`;
  if (found.lazily && kind === "value") return "must be loaded by import()";
  return undefined;
}

function problemWithLocal(target: string, kind: Import["kind"], path: string): string | undefined {
  if (target === "deno.json") return undefined;
  if (!target.startsWith("src/")) return "leaves src";
  const layer = layerOf(path);
  const allowed = [...(MAY_IMPORT[layer] ?? []), ...(kind === "type" ? MAY_IMPORT_TYPES[layer] ?? [] : [])];
  if (layerOf(target) === "host" && MAY_HOST.includes(path)) return undefined;
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
    ["src/main.ts", 'import { hostSession } from "./host/host.ts";'],
    ["src/cli/commands/pane.ts", 'import type { Screen } from "../../transports/terminal/screen.ts";'],
    ["src/cli/commands/stop.ts", 'import { hostSession } from "../../host/host.ts";'],
    ["src/client/launch.ts", 'import { hostSession } from "../host/host.ts";'],
    ["src/client/launch.ts", 'await import("../host/host.ts");'],
    ["src/client/launch.ts", 'import { lastRow } from "../transports/terminal/screen.ts";'],
    ["src/host/host.ts", 'import type { Follow } from "../client/follow.ts";'],
    ["src/recovery/recover.ts", 'import type { Verdict } from "../host/report/verdict.ts";'],
    ["src/adapters/claude/claude.ts", 'import { createPeer } from "../../wire/json_rpc.ts";'],
    ["src/adapters/claude/claude.ts", 'import type { Platform } from "../../platform/platform.ts";'],
    ["src/wire/json_rpc.ts", 'import type { Registry } from "../store/registry.ts";'],
    ["src/text/json.ts", 'import type { Signal } from "../model/signal.ts";'],
    ["src/model/session.ts", 'export { clock } from "../platform/platform.ts";'],
    ["src/store/registry.ts", 'import { a } from "../../tests/support/temp.ts";'],
    ["src/cli/program.ts", 'import { Command } from "commander";'],
    ["src/transports/terminal/screen.ts", 'import { Terminal } from "@xterm/headless";'],
    ["src/host/screen.ts", 'import type { Terminal } from "@xterm/headless";'],
    ["src/host/api/routes.ts", 'import fc from "fast-check";'],
    ["src/client/send.ts", 'import * as v from "valibot";'],
    ["src/host/api/openapi.ts", 'import { toJsonSchema } from "@valibot/to-json-schema";'],
    ["src/host/api/routes.ts", 'import x from "npm:valibot@1.5.0";'],
    ["src/host/api/routes.ts", "await import(name);"],
  ];
  const allowed: [path: string, statement: string][] = [
    ["src/main.ts", 'import { run } from "./cli/program.ts";'],
    ["src/cli/program.ts", 'await import("./commands/run.ts");'],
    ["src/cli/commands/run.ts", 'await import("../../host/host.ts");'],
    ["src/client/launch.ts", 'import { newWindow } from "../platform/tmux.ts";'],
    ["src/adapters/claude/claude.ts", 'import { type Screen, lastRow } from "../../transports/terminal/screen.ts";'],
    ["src/adapters/claude/claude.ts", 'import { type RpcPeer } from "../../wire/json_rpc.ts";'],
    [
      "src/transports/terminal/screen.ts",
      'import type { Terminal } from "@xterm/headless"; await import("@xterm/headless");',
    ],
    ["src/host/api/routes.ts", 'import { createHash } from "node:crypto";'],
    ["src/adapters/profile/profile.ts", 'import * as v from "valibot";'],
  ];
  const isRefused = ([path, statement]: [string, string]) =>
    parseModule(path, statement).imports.some((one) => problemWith(one, path) !== undefined);
  deepEqual(refused.filter((example) => !isRefused(example)), []);
  deepEqual(allowed.filter(isRefused), []);
});

/** Every import counts: a type or a lazy import in a circle makes two files one thing to read all the same. */
Deno.test("no module imports itself in a circle", () => {
  const targetsOf = (path: string) =>
    (modules.get(path)?.imports ?? []).filter(({ specifier }) => specifier.startsWith("."))
      .map(({ specifier }) => posix.join(posix.dirname(path), specifier));
  deepEqual(findCircles(sources, targetsOf), []);
});

Deno.test("the search for circles finds them", () => {
  const graph: Record<string, string[]> = { a: ["b", "c"], b: ["c"], c: ["d"], d: ["b"], e: ["a"] };
  deepEqual(findCircles(Object.keys(graph), (name) => graph[name] ?? []), ["b → c → d → b"]);
});

/** Each way back to where it came from, once. */
function findCircles(names: readonly string[], targetsOf: (name: string) => readonly string[]): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (name: string, trail: readonly string[]) => {
    if (trail.includes(name)) circles.push([...trail.slice(trail.indexOf(name)), name].join(" → "));
    if (done.has(name) || trail.includes(name)) return;
    for (const target of targetsOf(name)) visit(target, [...trail, name]);
    done.add(name);
  };
  for (const name of names) visit(name, []);
  return circles;
}

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

/** A function is read in one go, or it has a reason. Tables that only list things are not functions. */
const MAX_FUNCTION_LINES = 60;

/** `file function`, each with its reason. */
const LONG_FUNCTIONS: Readonly<Record<string, string>> = {};

Deno.test("no function of src is over 60 lines without its reason", () => {
  const long = [...modules].flatMap(([path, { functions }]) =>
    functions.filter(({ lines }) => lines > MAX_FUNCTION_LINES).map(({ name, lines }) => ({
      name: `${path} ${name}`,
      lines,
    }))
  );
  deepEqual(long.filter(({ name }) => LONG_FUNCTIONS[name] === undefined), []);
  const stale = Object.keys(LONG_FUNCTIONS).filter((name) => !long.some((one) => one.name === name));
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
