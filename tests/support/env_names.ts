/**
 * The environment variables that a module names, by its syntax: a name in a comment does not count.
 */

const NAME = /^[A-Z][A-Z0-9_]+$/;
/** Functions that read the variable that they are given. */
const READERS = ["setting", "get"];

export interface NamedVariables {
  /** read from, or written into, something called `env` */
  read: ReadonlySet<string>;
  /** in a string or as a key, anywhere */
  mentioned: ReadonlySet<string>;
}

export function environmentNames(path: string, source: string): NamedVariables {
  const read = new Set<string>();
  const mentioned = new Set<string>();
  const note = (value: unknown, into: Set<string> = read) => {
    if (typeof value === "string" && NAME.test(value)) into.add(value);
  };
  const mention = (text: unknown) => {
    for (const name of wordsIn(text)) mentioned.add(name);
    // harnex's own variables have no other meaning.
    for (const name of wordsIn(text)) if (name.startsWith("HARNEX_")) read.add(name);
  };
  const visitor: Deno.lint.LintVisitor = {
    MemberExpression(node) {
      if (!isEnvironment(node.object)) return;
      if (node.property.type === "Identifier" && !node.computed) note(node.property.name);
      if (node.property.type === "Literal") note(node.property.value);
    },
    VariableDeclarator(node) {
      if (node.id.type !== "ObjectPattern" || node.init === null || !isEnvironment(node.init)) return;
      for (const property of node.id.properties) if (property.type === "Property") note(keyOf(property));
    },
    CallExpression(node) {
      const { callee } = node;
      const isReader = callee.type === "Identifier"
        ? READERS.includes(callee.name)
        : callee.type === "MemberExpression" && isEnvironment(callee.object);
      for (const argument of isReader ? node.arguments : []) if (argument.type === "Literal") note(argument.value);
    },
    Property(node) {
      if (keyOf(node) === "env" && node.value.type === "Literal") note(node.value.value);
      mention(keyOf(node));
    },
    Literal: (node) => mention(node.value),
    TemplateElement: (node) => mention(node.cooked),
  };
  Deno.lint.runPlugin({ name: "reader", rules: { read: { create: () => visitor } } }, path, source);
  return { read, mentioned: new Set([...mentioned, ...read]) };
}

/** Words that may be the name of a variable. */
export function wordsIn(text: unknown): string[] {
  return typeof text === "string" ? [...text.matchAll(/\b[A-Z][A-Z0-9_]*[A-Z0-9]\b/g)].map(([name]) => name) : [];
}

function keyOf({ key }: Deno.lint.Property): string | undefined {
  return key.type === "Identifier" ? key.name : undefined;
}

/** `env`, `platform.env`, `Deno.env` */
function isEnvironment(node: Deno.lint.Node): boolean {
  if (node.type === "Identifier") return node.name === "env";
  return node.type === "MemberExpression" && node.property.type === "Identifier" && node.property.name === "env";
}
