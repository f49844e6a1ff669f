/**
 * Every house rule catches what it is for, and lets its good twin pass.
 */

import { AGENTS } from "../../src/adapters/mod.ts";
import plugin from "./plugin.ts";
import { AGENT_NAMES } from "./shape.ts";
import { deepEqual } from "../support/assert.ts";

interface Example {
  rule: string;
  bad: readonly string[];
  good: readonly string[];
  /** where the snippet stands; a module of `client/` by default */
  file?: string;
}

const EXAMPLES: readonly Example[] = [
  {
    rule: "deno-in-platform",
    bad: [
      "f(Deno.env);",
      "const { exit } = Deno;",
      "globalThis.Deno.exit();",
      "type S = Deno.Signal;",
      "Deno.exit(1);",
    ],
    good: ["f(platform.env);", 'f("Deno.exit");'],
  },
  { rule: "deno-in-platform", file: "src/main.ts", bad: ["Deno.env;"], good: ["Deno.exit(await main(Deno.args));"] },
  { rule: "deno-in-platform", file: "src/platform/files.ts", bad: [], good: ["Deno.readTextFileSync(path);"] },
  { rule: "deno-in-platform", file: "tests/unit/a_test.ts", bad: [], good: ['Deno.test("x", () => {});'] },
  {
    rule: "console-in-output",
    bad: ["console.log(1);", "const { log } = console;"],
    good: ["output.console.log(1);", "f({ console: 1 });", "const console = f(); await console;"],
  },
  { rule: "console-in-output", file: "src/cli/ui/output.ts", bad: [], good: ["console.error(line);"] },
  { rule: "console-in-output", file: "src/platform/files.ts", bad: ["console.log(1);"], good: [] },
  {
    rule: "timer-in-platform",
    bad: ["setTimeout(f, 1);", "globalThis.setTimeout(f, 1);", "setInterval(f, 1);"],
    good: ["clock.after(1, f);", "fake.setTimeout(f, 1);", "clearTimeout(1);"],
  },
  {
    rule: "timer-in-platform",
    file: "tests/process/a_test.ts",
    bad: ["await new Promise((done) => setTimeout(done, 50));"],
    good: ["await within(50, event);"],
  },
  { rule: "timer-in-platform", file: "tests/support/within.ts", bad: [], good: ["setTimeout(f, 1);"] },
  { rule: "timer-in-platform", file: "src/platform/clock.ts", bad: [], good: ["setTimeout(f, 1);"] },
  {
    rule: "clock-in-platform",
    bad: ["f(Date.now());", "f(new Date());", "f(performance.now());", "f(Math.random());", "f(crypto.randomUUID());"],
    good: ["f(clock.now());", "f(new Date(clock.now()));", "f(Math.max(1, 2));", "f(crypto.subtle);"],
  },
  {
    rule: "node-in-platform",
    bad: [
      'import { readFileSync } from "node:fs";',
      'await import("node:child_process");',
      "f(process.env.HOME);",
      "process.exit(1);",
    ],
    good: [
      'import { join } from "node:path";',
      'import { createHash } from "node:crypto";',
      "f(process.exit); await process.exit.then(g); process.stdout;",
    ],
  },
  {
    rule: "node-in-platform",
    file: "src/platform/files.ts",
    bad: [],
    good: ['import { readFileSync } from "node:fs";'],
  },
  {
    rule: "no-import-effect",
    bad: ["start();", "for (const x of y) f(x);", "if (a) f();", "export const a = await f();", "ADAPTERS.claude = x;"],
    good: ["export async function f() { await g(); }", "export const f = async () => await g();", "const A = make();"],
  },
  { rule: "no-import-effect", file: "src/main.ts", bad: [], good: ["Deno.exit(await main(Deno.args));"] },
  {
    rule: "no-module-state",
    bad: [
      "let count = 0;",
      "export let count = 0;",
      "var count = 0;",
      "const seen = new Map<string, number>();",
      "const queue: string[] = [];",
      "const cache = {};",
      "const stop = new AbortController();",
      "const LIST = [1]; export function f() { LIST.push(2); }",
      "const TABLE = { a: 1 }; export function f() { TABLE.a = 2; }",
      "const TABLE = { a: 1 }; export function f() { delete TABLE.a; }",
      "const COUNT = { a: 1 }; export function f() { COUNT.a++; }",
    ],
    good: [
      "const LIMIT = 3;",
      "const NAMES: ReadonlySet<string> = new Set(['a']);",
      "const NONE: readonly string[] = [];",
      "const encoder = new TextEncoder();",
      "const number = new Intl.NumberFormat('en');",
      "const TABLE = { a: 1 } as const;",
      "export function f() { let n = 0; const seen = new Set(); seen.add(n++); return seen; }",
    ],
  },
  {
    rule: "no-global-change-in-tests",
    file: "tests/unit/a_test.ts",
    bad: ["Deno.chdir(dir);", 'Deno.env.set("HOME", dir);', "Deno.exit(1);"],
    good: ["Deno.cwd();", "run({ env: { HOME: dir } });", 'Deno.env.get("PATH");'],
  },
  {
    rule: "unique-test-names",
    file: "tests/unit/a_test.ts",
    bad: [
      'Deno.test("a", () => {}); Deno.test("a", () => {});',
      'test("a", f); sessionTest("a", g);',
      'Deno.test("a", f); Deno.test({ name: "a", fn });',
      "for (const x of y) { Deno.test(`${x}`, f); Deno.test(`${x}`, g); }",
    ],
    good: ['Deno.test("a", f); Deno.test("b", f);', 'test(name, f); test(name, g); f({ name: "a" }, { name: "a" });'],
  },
  { rule: "unique-test-names", file: "tests/support/a.ts", bad: [], good: ['test("a", f); test("a", g);'] },
  {
    rule: "no-sleep-in-tests",
    file: "tests/process/a_test.ts",
    bad: [
      'import { setTimeout as later } from "node:timers/promises";',
      'const { setTimeout } = await import("node:timers/promises");',
      'import { pause } from "../bench/world.ts";',
      "Atomics.wait(view, 0, 0, 50);",
      "await REAL_CLOCK.sleep(50);",
    ],
    good: ["await clock.sleep(50);", "await until(50, look, what);", 'import { within } from "../support/within.ts";'],
  },
  {
    rule: "no-sleep-in-tests",
    file: "tests/fault/soak/soak_test.ts",
    bad: [],
    good: ['import { pause } from "../../bench/world.ts";'],
  },
  {
    rule: "no-any",
    bad: ["let x: any;", "function f(x: Record<string, any>) {}"],
    good: ["let x: unknown;", "const any = 1;"],
  },
  { rule: "no-non-null", bad: ["f(x!);", "f(x!.y);"], good: ["f(!x);", "f(x !== y);"] },
  {
    rule: "no-definite-assignment",
    bad: ["function f() { let x!: number; }", "class E extends Error { x!: number; }"],
    good: ["function f() { let x: number; }", "class E extends Error { x = !y; readonly z: number = 1; }"],
  },
  {
    rule: "no-cast",
    bad: ["f(x as string);", "f(<string> x);", "f(x as unknown as Y);"],
    good: ["f([1] as const);", "f({ a: 1 } satisfies A);", 'import { a as b } from "./a.ts";'],
  },
  {
    rule: "no-class",
    bad: ["class Queue {}", "class Queue extends EventEmitter {}", "const Q = class {};"],
    good: ["class HarnexError extends Error {}", "class UsageError extends HarnexError {}"],
  },
  { rule: "no-decorator", bad: ["class E extends Error { @logged f() {} }"], good: ['f("@logged");'] },
  { rule: "no-enum", bad: ["enum A { B }", "const enum A { B }"], good: ['type A = "b" | "c";'] },
  {
    rule: "no-namespace",
    bad: ["namespace A { export const b = 1; }", "declare global {}"],
    good: ["const namespace = 1;"],
  },
  {
    rule: "no-default-export",
    bad: ["export default 1;", "export default function f() {}"],
    good: ["export function f() {}", 'import f from "f";'],
  },
  {
    rule: "no-parameter-property",
    bad: ["class E extends Error { constructor(readonly code: string) { super(); } }"],
    good: ["class E extends Error { constructor(code: string) { super(code); } }"],
  },
  {
    rule: "no-re-export",
    bad: ['export * from "./a.ts";', 'export { a } from "./a.ts";', 'export type { A } from "./a.ts";'],
    good: ["export { a };", "export const a = 1;"],
  },
  {
    rule: "reasoned-ignore",
    bad: [
      "// deno-lint-ignore harnex/no-cast\nf();",
      "// deno-lint-ignore-file\nf();",
      "// @ts-ignore why\nf();",
      "// @ts-expect-error why\nf();",
    ],
    good: ["// deno-lint-ignore harnex/no-cast -- the library's type is wrong\nf();", "// about deno-lint\nf();"],
  },
  { rule: "file-name", file: "src/cli/utils.ts", bad: ["f();"], good: [] },
  { rule: "file-name", file: "tests/support/helpers.ts", bad: ["f();"], good: [] },
  { rule: "file-name", file: "src/types.ts", bad: ["f();"], good: [] },
  { rule: "file-name", bad: [], good: ["f();"] },
  {
    rule: "vague-name",
    bad: [
      "class SessionManagerError extends Error {} interface SessionManager {}",
      "function eventHandler() {}",
      "type StringUtils = string;",
      "const data = 1;",
      "export function f(info: string) {}",
      "g((data) => data);",
    ],
    good: ["const database = 1;", "f({ data: 1 });", "const handle = 1;", "const information = 1;"],
  },
  {
    rule: "few-parameters",
    bad: ["function f(a, b, c, d) {}", "const f = (a, b, c, d) => a;"],
    good: ["function f(a, b, options) {}"],
  },
  {
    rule: "no-boolean-parameter",
    bad: ["function f(force: boolean) {}", "function f(force = false) {}", "const f = (force?: boolean) => force;"],
    good: [
      "function f(options: { force: boolean }): boolean { return options.force; }",
      "function f() { const finish = (met: boolean) => met; }",
      'function f(a = "x") {}',
    ],
  },
  {
    rule: "closed-switch",
    bad: [
      'switch (signal.kind) { case "ready": f(); }',
      'switch (signal.kind) { case "ready": f(); break; default: break; }',
      'switch (kind) { case "ready": f(); }',
    ],
    good: [
      'switch (signal.kind) { case "ready": f(); break; default: assertNever(signal); }',
      "switch (code) { case 1: f(); }",
    ],
  },
  {
    rule: "agent-in-adapter",
    bad: [
      'if (cli === "codex") f();',
      'switch (cli) { case "claude": f(); }',
      'f("codex");',
      "f(`codex`);",
      'const NAMES = ["claude"];',
      "f({ codex: 1 });",
      "f(byAgent.gemini);",
    ],
    good: ['f("harnex run codex --id a");', 'if (cli === "auto") f();', "f({ agent: codex });"],
  },
  { rule: "agent-in-adapter", file: "src/adapters/codex/codex.ts", bad: [], good: ['f({ name: "codex" });'] },
];

const DEFAULT_FILE = "src/client/example.ts";

function rulesBrokenBy(source: string, file: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map((diagnostic) => diagnostic.id.replace("harnex/", ""));
}

for (const { rule, bad, good, file = DEFAULT_FILE } of EXAMPLES) {
  const breaks = (source: string) => rulesBrokenBy(source, file).includes(rule);
  Deno.test(`lint ${rule} in ${file}: refuses ${bad.length}, allows ${good.length}`, () => {
    const wrong = { allowed: bad.filter((source) => !breaks(source)), refused: good.filter(breaks) };
    deepEqual(wrong, { allowed: [], refused: [] });
  });
}

Deno.test("lint plugin has an example that is refused, and one that is allowed, for every rule", () => {
  const refused = new Set(EXAMPLES.filter(({ bad }) => bad.length > 0).map(({ rule }) => rule));
  const allowed = new Set(EXAMPLES.filter(({ good }) => good.length > 0).map(({ rule }) => rule));
  const rules = Object.keys(plugin.rules).sort();
  deepEqual([...refused].sort(), rules);
  deepEqual([...allowed].sort(), rules);
});

Deno.test("lint agent-in-adapter knows every agent that comes with harnex", () => {
  deepEqual([...AGENT_NAMES].sort(), [...AGENTS.names].sort());
});

Deno.test("lint plugin leaves code outside src alone, whatever it is written in", () => {
  const source = "export default class Manager { x!: any; } let data = (y as unknown)!;";
  deepEqual(rulesBrokenBy(source, "tests/support/example.ts"), []);
});
