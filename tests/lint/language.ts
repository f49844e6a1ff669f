/**
 * Rules about the parts of the language that `src/` does without: they hide a type error, state or an import.
 */

import { productRule } from "./place.ts";

/** Reports every node of the given types in `src/`. */
function ban(types: readonly string[], message: string, hint: string): Deno.lint.Rule {
  return productRule((context) => {
    const report = (node: Deno.lint.Node) => context.report({ node, message, hint });
    return Object.fromEntries(types.map((type) => [type, report]));
  });
}

const noAny = ban(["TSAnyKeyword"], "No any", "Use unknown and parse it.");
const noNonNull = ban(
  ["TSNonNullExpression"],
  "No non-null !",
  "Handle undefined, or make the type say that it is there.",
);
const noDecorator = ban(["Decorator"], "No decorators", "Call a function.");
const noEnum = ban(["TSEnumDeclaration"], "No enums", "Use a union of string literals.");
const noNamespace = ban(["TSModuleDeclaration"], "No namespaces", "Use a module.");
const noDefaultExport = ban(["ExportDefaultDeclaration"], "No default exports", "Export it by its name.");
const noParameterProperty = ban(["TSParameterProperty"], "No parameter properties", "Declare and assign the field.");

/** `let x!: T` and `x!: T` in a class promise a value that nothing checks. */
const noDefiniteAssignment = productRule((context) => ({
  VariableDeclarator(node) {
    if (node.definite) context.report({ node, message: "No definite assignment !", hint: "Give it a value." });
  },
  PropertyDefinition(node) {
    const afterKey = context.sourceCode.getText(node).slice(node.key.range[1] - node.range[0]);
    if (!afterKey.trimStart().startsWith("!")) return;
    context.report({ node, message: "No definite assignment !", hint: "Give it a value." });
  },
}));

const noCast = productRule((context) => {
  const report = (node: Deno.lint.Node) =>
    context.report({ node, message: "No casts", hint: "Parse it, narrow it, or write satisfies." });
  return {
    TSAsExpression(node) {
      const type = node.typeAnnotation;
      const isConst = type.type === "TSTypeReference" && type.typeName.type === "Identifier" &&
        type.typeName.name === "const";
      if (!isConst) report(node);
    },
    TSTypeAssertion: report,
  };
});

const noClass = productRule((context) => {
  const check = (node: Deno.lint.ClassDeclaration | Deno.lint.ClassExpression) => {
    const base = node.superClass;
    if (base?.type === "Identifier" && base.name.endsWith("Error")) return;
    context.report({ node, message: "No class but an error", hint: "Return an object from createX()." });
  };
  return { ClassDeclaration: check, ClassExpression: check };
});

/** One name has one home; every user imports it from there. */
const noReExport = productRule((context) => {
  const report = (node: Deno.lint.Node) =>
    context.report({ node, message: "No re-exports", hint: "Import it where it is used, from where it is made." });
  return {
    ExportAllDeclaration: report,
    ExportNamedDeclaration: (node) => node.source === null ? undefined : report(node),
  };
});

/** An exception is possible, silently never; a whole file is never one. */
const reasonedIgnore = productRule((context) => ({
  Program() {
    for (const comment of context.sourceCode.getAllComments()) {
      const text = comment.value.trim();
      if (/^deno-lint-ignore-file\b|^@ts-(?:ignore|nocheck|expect-error)\b/.test(text)) {
        context.report({ range: comment.range, message: `No ${text.split(/\s/, 1)[0]} in src` });
      } else if (/^deno-lint-ignore\b/.test(text) && !/\s--\s+\S/.test(text)) {
        context.report({ range: comment.range, message: "An ignored rule needs its reason", hint: "… -- because …" });
      }
    }
  },
}));

export const languageRules: Record<string, Deno.lint.Rule> = {
  "no-any": noAny,
  "no-non-null": noNonNull,
  "no-definite-assignment": noDefiniteAssignment,
  "no-cast": noCast,
  "no-class": noClass,
  "no-decorator": noDecorator,
  "no-enum": noEnum,
  "no-namespace": noNamespace,
  "no-default-export": noDefaultExport,
  "no-parameter-property": noParameterProperty,
  "no-re-export": noReExport,
  "reasoned-ignore": reasonedIgnore,
};
