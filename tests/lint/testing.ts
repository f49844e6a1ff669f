/**
 * Rules about tests: each has a name of its own, and none waits for time to pass.
 */

import { dottedName, isSame, memberName, pathOf, placeOf } from "./place.ts";

/** A rule for `…_test.ts` only. */
function testRule(create: Deno.lint.Rule["create"]): Deno.lint.Rule {
  return { create: (context) => (placeOf(context) === "test" ? create(context) : {}) };
}

/** Two tests of one name cannot be told apart in a report, nor chosen by `--filter`. */
const uniqueTestNames = testRule((context) => {
  const seen = new Set<string>();
  return {
    CallExpression(node) {
      const [first] = node.arguments;
      if (first === undefined || !isTestFunction(node.callee)) return;
      const name = nameOf(first);
      if (name === undefined) return;
      const text = context.sourceCode.getText(name).slice(1, -1);
      if (seen.has(text)) {
        context.report({ node: name, message: "Another test of this file has this name", hint: "Say what differs." });
      }
      seen.add(text);
    },
  };
});

/** Those that take the name first. */
const TEST_FUNCTIONS = ["test", "sessionTest", "linuxTest"];

function isTestFunction(callee: Deno.lint.Node): boolean {
  if (callee.type === "Identifier") return TEST_FUNCTIONS.includes(callee.name);
  return dottedName(callee) === "Deno.test";
}

/** The first argument, or the `name` of the object that it is, where that is written down. */
function nameOf(first: Deno.lint.Node): Deno.lint.Node | undefined {
  if (first.type === "Literal" || first.type === "TemplateLiteral") return first;
  if (first.type !== "ObjectExpression") return undefined;
  const property = first.properties.find((one) =>
    one.type === "Property" && one.key.type === "Identifier" && one.key.name === "name"
  );
  const value = property?.type === "Property" ? property.value : undefined;
  return value?.type === "Literal" || value?.type === "TemplateLiteral" ? value : undefined;
}

const TIMER_MODULES = ["node:timers", "node:timers/promises"];
/** Calls that do nothing but wait. */
const SLEEPS = ["Atomics.wait", "Atomics.waitAsync", "REAL_CLOCK.sleep"];
/** A load of its own pace waits between its messages; what it shows does not depend on how long. */
const MAY_SLEEP = ["tests/fault/soak/"];

/** `timer-in-platform` refuses timers; this refuses what hides one. */
const noSleepInTests = testRule((context) => {
  if (MAY_SLEEP.some((folder) => pathOf(context).startsWith(folder))) return {};
  const report = (node: Deno.lint.Node) =>
    context.report({
      node,
      message: "A test waits for what happens, never for time",
      hint: "See within.ts, until.ts.",
    });
  return {
    ImportDeclaration(node) {
      if (TIMER_MODULES.includes(node.source.value)) report(node);
      for (const one of node.specifiers) {
        if (one.type !== "ImportSpecifier" || one.imported.type !== "Identifier") continue;
        if (/^(?:pause|delay|sleep)$/.test(one.imported.name)) report(one);
      }
    },
    ImportExpression(node) {
      if (node.source.type === "Literal" && TIMER_MODULES.includes(String(node.source.value))) report(node);
    },
    MemberExpression(node) {
      const { parent } = node;
      const isCall = parent.type === "CallExpression" && isSame(parent.callee, node);
      if (isCall && memberName(node) !== undefined && SLEEPS.includes(dottedName(node) ?? "")) report(node);
    },
  };
});

export const testRules: Record<string, Deno.lint.Rule> = {
  "unique-test-names": uniqueTestNames,
  "no-sleep-in-tests": noSleepInTests,
};
