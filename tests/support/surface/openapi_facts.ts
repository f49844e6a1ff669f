/**
 * What an OpenAPI document promises: routes, parameters, bodies, answers, and every field with its types. Two documents
 * that say the same in other words (a reference or the schema itself, `const` or `enum`) have the same facts.
 */

import { at, entriesOf, textOf } from "../json.ts";

export function openapiFacts(document: unknown): string[] {
  return entriesOf(at(document, "paths")).flatMap(([path, methods]) =>
    entriesOf(methods).flatMap(([method, operation]) => {
      const route = `${method.toUpperCase()} ${path}`;
      return [`${route} = ${textOf(at(operation, "operationId"))}`, ...operationFacts(document, { route, operation })];
    })
  );
}

function operationFacts(document: unknown, { route, operation }: { route: string; operation: unknown }): string[] {
  const parameters = entriesOf(at(operation, "parameters")).flatMap(([, parameter]) => {
    const { name, in: place, required, schema } = Object.fromEntries(entriesOf(parameter));
    const types = schemaFacts(document, schema).map((fact) => fact.replace(/^\.: /, ""));
    return types.map((type) => `${route} ${place} ${name}${required === true ? "" : "?"}: ${type}`);
  });
  const body = at(operation, "requestBody");
  const bodies = body === undefined ? [] : [
    `${route} body is ${at(body, "required") === true ? "required" : "optional"}`,
    ...contentFacts(document, at(body, "content")).map((fact) => `${route} body ${fact}`),
  ];
  const answers = entriesOf(at(operation, "responses")).flatMap(([status, answer]) => [
    `${route} ${status}`,
    ...contentFacts(document, at(answer, "content")).map((fact) => `${route} ${status} ${fact}`),
  ]);
  const tokens = entriesOf(at(operation, "security")).flatMap(([, one]) => entriesOf(one)).map(([name]) => name);
  return [...parameters, ...bodies, ...answers, ...tokens.map((name) => `${route} takes the token ${name}`)];
}

function contentFacts(document: unknown, content: unknown): string[] {
  return entriesOf(content).flatMap(([type, media]) => [
    type,
    ...(type === "application/json" ? schemaFacts(document, at(media, "schema")) : []),
  ]);
}

/** `messages[].error: null`: a fact for each type that a place may have; `?` marks a field that may be absent. */
export function schemaFacts(document: unknown, given: unknown, path = ""): string[] {
  const schema = resolve(document, given);
  const alternatives = ["anyOf", "oneOf", "allOf"].flatMap((key) => entriesOf(at(schema, key))).map(([, one]) => one);
  const inner = alternatives.flatMap((one) => schemaFacts(document, one, path));
  const words = wordsOf(schema);
  const types = words ?? typesOf(schema);
  const own = types.map((type) => `${path === "" ? "." : path}: ${type}`);
  const required = entriesOf(at(schema, "required")).map(([, name]) => name);
  const fields = entriesOf(at(schema, "properties")).flatMap(([name, field]) => {
    const key = `${name}${required.includes(name) ? "" : "?"}`;
    return schemaFacts(document, field, path === "" ? key : `${path}.${key}`);
  });
  const items = at(schema, "items");
  const elements = items === undefined ? [] : schemaFacts(document, items, `${path}[]`);
  return [...new Set([...own, ...inner, ...fields, ...elements])];
}

function resolve(document: unknown, schema: unknown): unknown {
  const name = textOf(at(schema, "$ref"));
  return name === "" ? schema : resolve(document, at(document, ...name.replace(/^#\//, "").split("/")));
}

/** The only values that are allowed, when the schema names them. */
function wordsOf(schema: unknown): string[] | undefined {
  const one = at(schema, "const");
  const list = one === undefined ? entriesOf(at(schema, "enum")).map(([, word]) => word) : [one];
  return list.length === 0 ? undefined : list.map((word) => JSON.stringify(word));
}

function typesOf(schema: unknown): string[] {
  const type = at(schema, "type");
  return typeof type === "string" ? [type] : entriesOf(type).map(([, one]) => String(one));
}
