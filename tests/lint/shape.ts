/**
 * Rules about names and signatures: file names, banned words, parameters, closed switches, agent names.
 */

import { isModuleLevel, memberName, pathOf, productRule } from "./place.ts";

const FILE_NAMES = /(?:^|\/)(?:utils?|helpers?|types)\.[jt]s$/;
const VAGUE_ENDING = /(?:Manager|Helpers?|Utils?|Handler)$/;
const VAGUE_WORD = /^(?:data|info)$/i;
/** The agents of `src/adapters/mod.ts`. */
export const AGENT_NAMES: readonly string[] = ["claude", "codex", "gemini", "opencode"];
const MAX_PARAMETERS = 3; // two positional arguments, then one options object

type AnyFunction = Deno.lint.FunctionDeclaration | Deno.lint.FunctionExpression | Deno.lint.ArrowFunctionExpression;

const fileName: Deno.lint.Rule = {
  create: (context) => ({
    Program(node) {
      if (!FILE_NAMES.test(pathOf(context))) return;
      const range: Deno.lint.Range = [node.range[0], node.range[0]];
      context.report({ range, message: "A file is named after what it owns", hint: "Name its main export." });
    },
  }),
};

const vagueName = productRule((context) => {
  const check = (node: Deno.lint.Node | Deno.lint.Parameter | null) => {
    if (node?.type !== "Identifier" || !(VAGUE_ENDING.test(node.name) || VAGUE_WORD.test(node.name))) return;
    context.report({ node, message: `"${node.name}" says nothing`, hint: "Name what it is." });
  };
  const checkFunction = (node: AnyFunction) => {
    check(node.id);
    for (const parameter of node.params) check(parameter);
  };
  return {
    VariableDeclarator: (node) => check(node.id),
    FunctionDeclaration: checkFunction,
    FunctionExpression: checkFunction,
    ArrowFunctionExpression: checkFunction,
    ClassDeclaration: (node) => check(node.id),
    TSInterfaceDeclaration: (node) => check(node.id),
    TSTypeAliasDeclaration: (node) => check(node.id),
  };
});

const fewParameters = everyFunction((context, node) => {
  if (node.params.length <= MAX_PARAMETERS) return;
  context.report({ node, message: "Too many parameters", hint: "Two positional ones, then one options object." });
});

const noBooleanParameter = everyFunction((context, node) => {
  if (node.type !== "FunctionDeclaration" && !isNamedByModule(node)) return; // a closure is read where it is called
  for (const parameter of node.params) {
    const target = parameter.type === "AssignmentPattern" ? parameter.left : parameter;
    const annotation = target.type === "Identifier" ? target.typeAnnotation?.typeAnnotation.type : undefined;
    const fallback = parameter.type === "AssignmentPattern" && parameter.right.type === "Literal"
      ? typeof parameter.right.value
      : undefined;
    if (annotation !== "TSBooleanKeyword" && fallback !== "boolean") continue;
    context.report({ range: parameter.range, message: "No boolean parameters", hint: "A union says what it means." });
  }
});

/** `export const f = () => …` */
function isNamedByModule(node: AnyFunction): boolean {
  return node.parent.type === "VariableDeclarator" && isModuleLevel(node.parent.parent);
}

function everyFunction(check: (context: Deno.lint.RuleContext, node: AnyFunction) => void): Deno.lint.Rule {
  return productRule((context) => {
    const visit = (node: AnyFunction) => check(context, node);
    return { FunctionDeclaration: visit, FunctionExpression: visit, ArrowFunctionExpression: visit };
  });
}

const closedSwitch = productRule((context) => ({
  SwitchStatement(node) {
    const { discriminant, cases } = node;
    const name = discriminant.type === "Identifier" ? discriminant.name : memberName(discriminant);
    if (name !== "kind") return;
    const fallback = cases.at(-1);
    if (fallback?.test === null && context.sourceCode.getText(fallback).includes("assertNever(")) return;
    context.report({ node: discriminant, message: "This switch must end in default: assertNever(…)" });
  },
}));

/**
 * What harnex knows about an agent stands in its adapter; elsewhere an agent is a row of the table. So no text and no
 * key outside is an agent's name; a longer text, such as an example in a help, may hold one.
 */
const agentInAdapter = productRule((context) => {
  if (pathOf(context).startsWith("src/adapters/")) return {};
  const check = (node: Deno.lint.Node, value: unknown) => {
    if (typeof value !== "string" || !AGENT_NAMES.includes(value)) return;
    context.report({ node, message: `Nothing outside src/adapters/ knows "${value}"`, hint: "Ask AGENTS." });
  };
  return {
    Literal: (node) => check(node, node.value),
    TemplateElement: (node) => check(node, node.cooked),
    Property: (node) => check(node.key, node.key.type === "Identifier" && !node.computed ? node.key.name : undefined),
    MemberExpression(node) {
      if (!node.computed && node.property.type === "Identifier") check(node.property, node.property.name);
    },
  };
});

export const shapeRules: Record<string, Deno.lint.Rule> = {
  "file-name": fileName,
  "vague-name": vagueName,
  "few-parameters": fewParameters,
  "no-boolean-parameter": noBooleanParameter,
  "closed-switch": closedSwitch,
  "agent-in-adapter": agentInAdapter,
};
