/**
 * Rules about effects: only `src/platform/` touches the world, modules keep no state and do nothing when imported.
 */

import {
  dottedName,
  isModuleLevel,
  isProduct,
  isReference,
  isSame,
  memberName,
  pathOf,
  placeOf,
  productRule,
  purityRule,
  rootName,
} from "./place.ts";

const MAIN_MAY_USE = ["exit", "args"];
const CONSOLE_METHODS = "assert debug dir error group info log table time trace warn".split(" ");
const TIMERS = ["setTimeout", "setInterval"];
/** Tests that must drive time themselves or wait on an event; support, benches and programs may own a timer. */
const TESTS_WITH_TIMERS = ["tests/support/", "tests/bench/", "tests/agents/install.ts", "tests/lint/"];
const CLOCKS = ["Date.now", "performance.now", "Math.random", "crypto.randomUUID", "crypto.getRandomValues"];
/** Built-in modules that compute and touch nothing. */
const PURE_NODE_MODULES = ["path", "path/posix", "url", "crypto", "util", "buffer", "string_decoder"];
const NODE_PROCESS_CALLS = ["process.exit", "process.cwd", "process.chdir", "process.hrtime", "process.nextTick"];
const NODE_PROCESS_MEMBERS = ["process.env", "process.argv"];
const MUTATORS = "push pop shift unshift splice sort reverse fill copyWithin set add delete clear".split(" ");
const STATELESS_CLASSES = ["TextEncoder", "TextDecoder", "RegExp", "URL"];
const READONLY_TYPES = ["Readonly", "ReadonlyArray", "ReadonlyMap", "ReadonlySet"];
const STATEMENTS_WITHOUT_EFFECT = [
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ExportDefaultDeclaration",
  "VariableDeclaration",
  "FunctionDeclaration",
  "ClassDeclaration",
  "TSInterfaceDeclaration",
  "TSTypeAliasDeclaration",
  "TSDeclareFunction",
  "TSEnumDeclaration",
  "TSModuleDeclaration",
];

const denoInPlatform = purityRule((context) => ({
  Identifier(node) {
    if (node.name !== "Deno") return;
    const member = memberName(node.parent);
    if (placeOf(context) === "main" && member !== undefined && MAIN_MAY_USE.includes(member)) return;
    context.report({ node, message: "Only src/platform/ uses Deno.*", hint: "Take what you need from Platform." });
  },
}));

const consoleInOutput = productRule((context) => {
  if (pathOf(context) === "src/cli/ui/output.ts") return {};
  return {
    Identifier(node) {
      if (node.name !== "console" || !isReference(node)) return;
      const { parent } = node; // a variable may be called console too
      if (!CONSOLE_METHODS.includes(memberName(parent) ?? "") && parent.type !== "VariableDeclarator") return;
      if (parent.type === "VariableDeclarator" && isSame(parent.id, node)) return;
      context.report({ node, message: "Only src/cli/ui/output.ts uses console" });
    },
  };
});

const timerInPlatform: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context);
    if (path.startsWith("src/platform/") || path.startsWith(".ci/")) return {};
    if (TESTS_WITH_TIMERS.some((allowed) => path.startsWith(allowed))) return {};
    return {
      Identifier(node) {
        if (!TIMERS.includes(node.name)) return;
        if (!isReference(node) && rootName(node.parent) !== "globalThis") return;
        context.report({
          node,
          message: `No ${node.name} here`,
          hint: isProduct(context)
            ? "Use Clock.sleep or Clock.after from Platform."
            : "Wait on the event itself, with a deadline (tests/support/within.ts).",
        });
      },
    };
  },
};

const clockInPlatform = purityRule((context) => ({
  MemberExpression(node) {
    const name = dottedName(node);
    if (name === undefined || !CLOCKS.includes(name)) return;
    context.report({ node, message: `${name} is an effect`, hint: "Use Clock or randomHex from Platform." });
  },
  NewExpression(node) {
    if (node.callee.type !== "Identifier" || node.callee.name !== "Date" || node.arguments.length > 0) return;
    context.report({ node, message: "new Date() reads the clock", hint: "Use new Date(clock.now())." });
  },
}));

const nodeInPlatform = purityRule((context) => {
  const check = (node: Deno.lint.Node, specifier: unknown) => {
    if (typeof specifier !== "string" || !specifier.startsWith("node:")) return;
    if (PURE_NODE_MODULES.includes(specifier.slice("node:".length))) return;
    context.report({ node, message: `Only src/platform/ imports ${specifier}` });
  };
  return {
    ImportDeclaration: (node) => check(node, node.source.value),
    ImportExpression: (node) => check(node, node.source.type === "Literal" ? node.source.value : undefined),
    MemberExpression(node) {
      const name = dottedName(node);
      if (name === undefined) return;
      const { parent } = node;
      const isCall = parent.type === "CallExpression" && isSame(parent.callee, node);
      if (!(isCall && NODE_PROCESS_CALLS.includes(name)) && !NODE_PROCESS_MEMBERS.includes(name)) return;
      context.report({ node, message: `Only src/platform/ uses ${name}` });
    },
  };
});

const noImportEffect = productRule((context) => {
  if (placeOf(context) === "main") return {};
  return {
    Program(program) {
      for (const node of program.body) {
        if (STATEMENTS_WITHOUT_EFFECT.includes(node.type)) continue;
        context.report({ node, message: "Importing a module must do nothing", hint: "Put it into a function." });
      }
    },
    AwaitExpression(node) {
      const ancestors = context.sourceCode.getAncestors(node);
      if (ancestors.some((ancestor) => /Function/.test(ancestor.type))) return;
      context.report({ node, message: "No await at the top of a module" });
    },
  };
});

const noModuleState = productRule((context) => {
  const constants = new Set<string>();
  const mutations: { node: Deno.lint.Node; name: string }[] = [];
  const noteMutation = (node: Deno.lint.Node) => {
    const name = node.type === "MemberExpression" ? rootName(node) : undefined;
    if (name !== undefined) mutations.push({ node, name });
  };
  return {
    VariableDeclaration(node) {
      if (!isModuleLevel(node)) return;
      if (node.kind !== "const") context.report({ node, message: `No module-level ${node.kind}` });
      for (const { id, init } of node.declarations) {
        if (id.type !== "Identifier") continue;
        constants.add(id.name);
        if (node.kind === "const" && init !== null && isMutable(init, id)) {
          context.report({
            node: id,
            message: `"${id.name}" is module-level mutable state`,
            hint: "Say ReadonlySet, ReadonlyMap or readonly [].",
          });
        }
      }
    },
    AssignmentExpression: (node) => noteMutation(node.left),
    UpdateExpression: (node) => noteMutation(node.argument),
    UnaryExpression: (node) => node.operator === "delete" ? noteMutation(node.argument) : undefined,
    CallExpression(node) {
      const method = memberName(node.callee);
      if (method !== undefined && MUTATORS.includes(method)) noteMutation(node.callee);
    },
    "Program:exit"() {
      for (const { node, name } of mutations) {
        if (constants.has(name)) context.report({ node, message: `This changes the module-level "${name}"` });
      }
    },
  };
});

/** A container that only makes sense when something is put into it later. */
function isMutable(init: Deno.lint.Expression, id: Deno.lint.Identifier): boolean {
  if (isReadonly(id.typeAnnotation?.typeAnnotation)) return false;
  switch (init.type) {
    case "ArrayExpression":
      return init.elements.length === 0;
    case "ObjectExpression":
      return init.properties.length === 0;
    case "NewExpression":
      return !(init.callee.type === "Identifier" && STATELESS_CLASSES.includes(init.callee.name)) &&
        rootName(init.callee) !== "Intl";
    default:
      return false;
  }
}

function isReadonly(type: Deno.lint.TypeNode | undefined): boolean {
  if (type?.type === "TSTypeOperator") return type.operator === "readonly";
  if (type?.type !== "TSTypeReference" || type.typeName.type !== "Identifier") return false;
  return READONLY_TYPES.includes(type.typeName.name);
}

/** What one test changes for the whole process, every other test sees. */
const noGlobalChangeInTests: Deno.lint.Rule = {
  create(context) {
    if (placeOf(context) !== "test") return {};
    return {
      MemberExpression(node) {
        const text = context.sourceCode.getText(node);
        if (!["Deno.exit", "Deno.chdir", "Deno.env.set", "Deno.env.delete"].includes(text)) return;
        context.report({ node, message: `No ${text} in a test`, hint: "Pass the folder or environment in." });
      },
    };
  },
};

export const effectRules: Record<string, Deno.lint.Rule> = {
  "deno-in-platform": denoInPlatform,
  "console-in-output": consoleInOutput,
  "timer-in-platform": timerInPlatform,
  "clock-in-platform": clockInPlatform,
  "node-in-platform": nodeInPlatform,
  "no-import-effect": noImportEffect,
  "no-module-state": noModuleState,
  "no-global-change-in-tests": noGlobalChangeInTests,
};
