/**
 * A protocol as sorted lines, one for each field of each type that the other side may send, so that two versions can be
 * compared by name. Made from the bundle that `codex app-server generate-json-schema` writes.
 */

type Schema = Readonly<Record<string, unknown>>;

function schemaOf(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The fields whose one possible value names a variant. */
const TAGS = ["method", "type", "kind", "mode"];

/** Lines such as `ThreadItem("plan").text: string`, for all types below the definitions that `roots` names. */
export function surfaceOf(bundle: unknown, roots: readonly string[]): string[] {
  const lines = new Set<string>();
  const seen = new Set<string>();
  const waiting = [...roots];
  const see = (name: string) => waiting.push(name);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const line of linesOf(shortName(name), { schema: definition(bundle, name), see })) lines.add(line);
  }
  return [...lines].sort();
}

/** The methods of a union of requests or notifications. */
export function methodsOf(bundle: unknown, union: string): string[] {
  const methods = list(definition(bundle, union).oneOf).flatMap((variant) =>
    list(schemaOf(schemaOf(schemaOf(variant).properties).method).enum)
  );
  return methods.map((method) => `${union}: ${method}`).sort();
}

/** What differs, each line with what it is about; empty where the surfaces are the same. */
export function changesOf(before: readonly string[], after: readonly string[]): string[] {
  const [old, now] = [byName(before), byName(after)];
  const added = [...now].flatMap(([name, type]) => old.has(name) ? [] : [`added ${name}: ${type}`]);
  const removed = [...old].flatMap(([name, type]) => now.has(name) ? [] : [`removed ${name}: ${type}`]);
  const changed = [...now].flatMap(([name, type]) => {
    const was = old.get(name);
    return was === undefined || was === type ? [] : [`changed ${name}: ${describeChange(was, type)}`];
  });
  return [...added, ...removed, ...changed];
}

function byName(lines: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(": ");
    const [name, type] = [line.slice(0, at), line.slice(at + 2)];
    const before = found.get(name);
    found.set(name, before === undefined ? type : `${before} | ${type}`);
  }
  return found;
}

/** For alternatives, such as the words of an enum, only those that came and went. */
function describeChange(before: string, after: string): string {
  const [old, now] = [before.split(" | "), after.split(" | ")];
  if (old.length === 1 && now.length === 1) return `${before} → ${after}`;
  const came = now.filter((each) => !old.includes(each)).map((each) => `+ ${each}`);
  const went = old.filter((each) => !now.includes(each)).map((each) => `- ${each}`);
  return [...came, ...went].join(", ");
}

function definition(bundle: unknown, name: string): Schema {
  let found: unknown = schemaOf(bundle).definitions;
  for (const key of name.split("/")) found = schemaOf(found)[key];
  return schemaOf(found);
}

function shortName(name: string): string {
  return name.replace(/^v\d+\//, "");
}

function linesOf(name: string, { schema, see }: { schema: Schema; see: (name: string) => void }): string[] {
  const variants = [...list(schema.oneOf), ...list(schema.anyOf)].map(schemaOf);
  return (variants.length === 0 ? [schema] : variants).flatMap((variant) => {
    if (variant.properties === undefined) return [`${name}: ${typeOf(variant, see)}`];
    const fields = Object.entries(schemaOf(variant.properties)).map(([key, each]) => [key, schemaOf(each)] as const);
    const tag = fields.flatMap(([key, { enum: words }]) =>
      TAGS.includes(key) && list(words).length === 1 ? list(words) : []
    );
    const owner = tag[0] === undefined || variants.length === 0 ? name : `${name}(${JSON.stringify(tag[0])})`;
    const required = list(variant.required);
    return fields.map(([key, each]) => `${owner}.${key}${required.includes(key) ? "" : "?"}: ${typeOf(each, see)}`);
  });
}

function typeOf(value: unknown, see: (name: string) => void): string {
  const schema = schemaOf(value);
  if (typeof schema.$ref === "string") {
    const name = schema.$ref.replace("#/definitions/", "");
    see(name);
    return shortName(name);
  }
  if (schema.enum !== undefined) return join(list(schema.enum).map((word) => JSON.stringify(word)));
  const alternatives = [...list(schema.anyOf), ...list(schema.oneOf), ...list(schema.allOf)];
  if (alternatives.length > 0) return join(alternatives.map((each) => typeOf(each, see)));
  if (Array.isArray(schema.type)) return join(schema.type.map((type) => typeOf({ ...schema, type }, see)));
  if (schema.type === "array") return `${typeOf(schema.items, see)}[]`;
  if (schema.type === "object") return objectOf(schema, see);
  return typeof schema.type === "string" ? schema.type : "any";
}

function objectOf(schema: Schema, see: (name: string) => void): string {
  const fields = Object.entries(schemaOf(schema.properties)).map(([key, each]) => `${key}: ${typeOf(each, see)}`);
  if (fields.length > 0) return `{ ${fields.join("; ")} }`;
  return typeof schema.additionalProperties === "object"
    ? `{ [key]: ${typeOf(schema.additionalProperties, see)} }`
    : "object";
}

function join(types: readonly string[]): string {
  return [...new Set(types)].sort().join(" | ");
}
