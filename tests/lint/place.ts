/**
 * Where a linted file stands in the tree, and small questions about a node that several rules ask.
 * Knows nothing about any rule.
 */

const ROOT = new URL("../../", import.meta.url).pathname;

export type Place = "main" | "src" | "test" | "other";

/** The path from the top of the tree; `deno lint` passes absolute names, `runPlugin` the name it was given. */
export function pathOf(context: Deno.lint.RuleContext): string {
  return context.filename.startsWith(ROOT) ? context.filename.slice(ROOT.length) : context.filename;
}

export function placeOf(context: Deno.lint.RuleContext): Place {
  const path = pathOf(context);
  if (path === "src/main.ts") return "main";
  if (path.startsWith("src/")) return "src";
  return path.endsWith("_test.ts") ? "test" : "other";
}

export function isProduct(context: Deno.lint.RuleContext): boolean {
  return pathOf(context).startsWith("src/");
}

/** A rule for `src/` only. */
export function productRule(create: Deno.lint.Rule["create"]): Deno.lint.Rule {
  return { create: (context) => (isProduct(context) ? create(context) : {}) };
}

/** A rule for `src/` without `src/platform/`. */
export function purityRule(create: Deno.lint.Rule["create"]): Deno.lint.Rule {
  return productRule((context) => (pathOf(context).startsWith("src/platform/") ? {} : create(context)));
}

/** Whether an identifier names a variable, and not a property, key or member of another name. */
export function isReference(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  switch (parent.type) {
    case "MemberExpression":
      return parent.computed || !isSame(parent.property, node);
    case "Property":
      return parent.computed || parent.shorthand || !isSame(parent.key, node);
    case "MethodDefinition":
    case "PropertyDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return parent.computed || !isSame(parent.key, node);
    case "TSQualifiedName":
      return isSame(parent.left, node);
    default:
      return true;
  }
}

export function isSame(a: Deno.lint.Node, b: Deno.lint.Node): boolean {
  return a.range[0] === b.range[0] && a.range[1] === b.range[1];
}

/** `b` of `a.b`; undefined for anything else. */
export function memberName(node: Deno.lint.Node): string | undefined {
  if (node.type !== "MemberExpression" || node.computed || node.property.type !== "Identifier") return undefined;
  return node.property.name;
}

/** `a` of `a.b.c[0]`; undefined when the chain does not begin with a name. */
export function rootName(node: Deno.lint.Node): string | undefined {
  let at = node;
  while (at.type === "MemberExpression") at = at.object;
  return at.type === "Identifier" ? at.name : undefined;
}

/** `a.b` of a member of a plain name, such as `Date.now`. */
export function dottedName(node: Deno.lint.Node): string | undefined {
  const name = memberName(node);
  if (name === undefined || node.type !== "MemberExpression" || node.object.type !== "Identifier") return undefined;
  return `${node.object.name}.${name}`;
}

/** Whether this declaration stands at the top of a module. */
export function isModuleLevel(node: Deno.lint.Node): boolean {
  const parent = "parent" in node ? node.parent : undefined;
  if (parent?.type === "Program") return true;
  return parent?.type === "ExportNamedDeclaration" && parent.parent.type === "Program";
}
