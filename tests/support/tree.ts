/**
 * The files of this repository as tests look at them: names, text, imports. Skips what git ignores.
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top of the repository, without a slash at its end. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

export interface Import {
  specifier: string;
  /** `type` is erased before anything runs, `lazy` is `import()` */
  kind: "type" | "value" | "lazy";
}

export interface ParsedModule {
  imports: readonly Import[];
  /** whether it chooses by a `transport`, with a comparison or a switch */
  choosesTransport: boolean;
  functions: readonly FunctionLength[];
}

export interface FunctionLength {
  /** its own name, or that of the variable or property it is the value of; `(line N)` when it has none */
  name: string;
  /** from its first line to its last */
  lines: number;
}

export function readText(path: string): string {
  return Deno.readTextFileSync(join(ROOT, path));
}

/** Names at the top level that git does not ignore. */
export function listTop(): string[] {
  const ignored = readText(".gitignore").split("\n").map((line) => line.trim().replace(/\/$/, ""));
  const names = [...Deno.readDirSync(ROOT)].map((entry) => entry.name);
  return names.filter((name) => name !== ".git" && !ignored.includes(name)).sort();
}

/** Every file below `under` (a folder or file name at the top, or all), as sorted paths from the top. */
export function listFiles(under: readonly string[] = listTop()): string[] {
  const walk = (path: string): string[] => {
    const stat = Deno.lstatSync(join(ROOT, path));
    if (!stat.isDirectory) return stat.isFile ? [path] : [];
    return [...Deno.readDirSync(join(ROOT, path))].flatMap((entry) => walk(`${path}/${entry.name}`));
  };
  return under.filter((name) => listTop().includes(name)).flatMap(walk).sort();
}

/** Reads a module through the parser of `deno lint`, which tests alone can call. */
export function parseModule(path: string, source: string): ParsedModule {
  const imports: Import[] = [];
  let choosesTransport = false;
  const functions: FunctionLength[] = [];
  const noteFunction = (node: Deno.lint.Node & { range: [number, number] }, name: string | undefined) => {
    const before = source.slice(0, node.range[0]).split("\n").length;
    const lines = source.slice(...node.range).split("\n").length;
    functions.push({ name: name ?? `(line ${before})`, lines });
  };
  const isTransport = (node: Deno.lint.Node) =>
    node.type === "Identifier" ? node.name === "transport" : node.type === "MemberExpression" &&
      node.property.type === "Identifier" && node.property.name === "transport";
  const visitor: Deno.lint.LintVisitor = {
    ImportDeclaration(node) {
      const erased = node.specifiers.length > 0 &&
        node.specifiers.every((one) => one.type === "ImportSpecifier" && one.importKind === "type");
      const kind = node.importKind === "type" || erased ? "type" : "value";
      imports.push({ specifier: node.source.value, kind });
    },
    ExportNamedDeclaration(node) {
      if (node.source !== null) imports.push({ specifier: node.source.value, kind: node.exportKind });
    },
    ExportAllDeclaration: (node) => void imports.push({ specifier: node.source.value, kind: node.exportKind }),
    ImportExpression(node) {
      const literal = node.source.type === "Literal" ? String(node.source.value) : "(computed)";
      imports.push({ specifier: literal, kind: "lazy" });
    },
    FunctionDeclaration: (node) => noteFunction(node, node.id?.name),
    FunctionExpression: (node) => noteFunction(node, nameFrom(node.parent)),
    ArrowFunctionExpression: (node) => noteFunction(node, nameFrom(node.parent)),
    BinaryExpression(node) {
      if (!/^[!=]==?$/.test(node.operator)) return;
      if (isTransport(node.right) || (node.left.type !== "PrivateIdentifier" && isTransport(node.left))) {
        choosesTransport = true;
      }
    },
    SwitchStatement(node) {
      if (isTransport(node.discriminant)) choosesTransport = true;
    },
  };
  Deno.lint.runPlugin({ name: "reader", rules: { read: { create: () => visitor } } }, path, source);
  return { imports, choosesTransport, functions };
}

/** The name that a function gets from the place where it stands. */
function nameFrom(parent: Deno.lint.Node): string | undefined {
  if (parent.type === "VariableDeclarator" && parent.id.type === "Identifier") return parent.id.name;
  if (parent.type !== "Property" && parent.type !== "MethodDefinition") return undefined;
  return parent.key.type === "Identifier" ? parent.key.name : undefined;
}
