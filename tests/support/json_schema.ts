/** As much of JSON Schema (draft 7) as generated protocol schemas use: validation, and looking up what a path may hold. */

type Schema = Readonly<Record<string, unknown>>;

function schemaOf(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function deref(root: Schema, schema: Schema): Schema {
  if (typeof schema.$ref !== "string") return schema;
  let found: unknown = root;
  for (const key of schema.$ref.replace("#/", "").split("/")) found = schemaOf(found)[key];
  return deref(root, schemaOf(found));
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

/** What is wrong with `value`, one line a fault. */
export function validate(root: unknown, value: unknown): string[] {
  return check(schemaOf(root), { root: schemaOf(root), value, at: "$" });
}

function check(given: Schema, where: { root: Schema; value: unknown; at: string }): string[] {
  const { root, value, at } = where;
  const schema = deref(root, given);
  const faults: string[] = [];
  const types = typeof schema.type === "string" ? [schema.type] : list(schema.type);
  const type = typeOf(value);
  if (types.length > 0 && !types.some((each) => each === type || (each === "integer" && Number.isInteger(value)))) {
    return [`${at}: ${type} is not ${types.join(" or ")}`];
  }
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) {
    faults.push(`${at}: ${JSON.stringify(value)} is not one of ${JSON.stringify(schema.enum)}`);
  }
  for (const each of list(schema.allOf)) faults.push(...check(schemaOf(each), where));
  const alternatives = [...list(schema.anyOf), ...list(schema.oneOf)].map(schemaOf);
  if (alternatives.length > 0 && alternatives.every((each) => check(each, where).length > 0)) {
    faults.push(`${at}: ${JSON.stringify(value)} fits no alternative`);
  }
  if (type === "array") {
    for (const [index, each] of list(value).entries()) {
      faults.push(...check(schemaOf(schema.items), { root, value: each, at: `${at}[${index}]` }));
    }
  }
  if (type !== "object") return faults;
  const fields = schemaOf(value);
  const known = schemaOf(schema.properties);
  for (const name of list(schema.required)) {
    if (typeof name === "string" && fields[name] === undefined) faults.push(`${at}.${name} is missing`);
  }
  for (const [name, each] of Object.entries(fields)) {
    const inner = { root, value: each, at: `${at}.${name}` };
    if (known[name] !== undefined) faults.push(...check(schemaOf(known[name]), inner));
    else if (typeof schema.additionalProperties === "object") {
      faults.push(...check(schemaOf(schema.additionalProperties), inner));
    } // Codex ignores unknown members silently: sending one is a fault of ours.
    else if (schema.properties !== undefined && schema.additionalProperties !== true) {
      faults.push(`${at}.${name} is unknown`);
    }
  }
  return faults;
}

/**
 * What a path such as `turn.items[].text` may hold: its types and, if they are few words, which. `name=word` picks a
 * variant on the way: `item.type=agentMessage.text`.
 */
export function lookUp(root: unknown, path: string): unknown {
  let found: Schema[] = [schemaOf(root)];
  for (const step of path.split(".").flatMap((part) => part.endsWith("[]") ? [part.slice(0, -2), "[]"] : [part])) {
    const variants = found.flatMap((schema) => expand(schemaOf(root), schema));
    const [name = "", word] = step.split("=");
    found = word !== undefined
      ? variants.filter((each) =>
        list(deref(schemaOf(root), schemaOf(schemaOf(each.properties)[name])).enum).includes(word)
      )
      : step === "[]"
      ? variants.flatMap((each) => each.items === undefined ? [] : [schemaOf(each.items)])
      : variants.flatMap((each) => {
        const property = schemaOf(each.properties)[name];
        return property === undefined ? [] : [schemaOf(property)];
      });
  }
  const variants = found.flatMap((schema) => expand(schemaOf(root), schema));
  if (variants.length === 0) return "absent";
  const types = variants.flatMap((each) => typeof each.type === "string" ? [each.type] : list(each.type));
  const words = variants.flatMap((each) => list(each.enum));
  const summary = {
    types: [...new Set(types)].sort(),
    ...(words.length === 0 ? {} : { words: [...new Set(words)].sort() }),
  };
  return summary;
}

/** A schema as the list of its alternatives. */
function expand(root: Schema, given: Schema): Schema[] {
  const schema = deref(root, given);
  const alternatives = [...list(schema.anyOf), ...list(schema.oneOf), ...list(schema.allOf)].map(schemaOf);
  if (alternatives.length === 0) return [schema];
  const own = schema.properties === undefined ? [] : [schema];
  return [...own, ...alternatives.flatMap((each) => expand(root, each))];
}

/** Without what is for people only. */
export function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProse);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => !((key === "description" || key === "title") && typeof each === "string"))
      .map(([key, each]) => [key, withoutProse(each)]),
  );
}
