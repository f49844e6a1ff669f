/** The API of a session as an OpenAPI document, made from the table that serves it. */

import * as v from "valibot";
import { VERSION } from "../../model/version.ts";
import { OPERATIONS } from "./operations.ts";
import type { Answer, Operation } from "./route.ts";
import { Failure } from "./schemas.ts";

type Schema = Readonly<Record<string, unknown>>;
/** The JSON Schema of a valibot schema: a reference, where the document has the schema by its name. */
type Convert = (schema: v.GenericSchema) => Schema;

const JSON_TYPE = "application/json";
/** What every operation may answer. */
const COMMON: Readonly<Record<number, Answer>> = {
  401: { meaning: "no token, or a wrong one" },
  403: { meaning: "a foreign Host header" },
};

export async function openapiDocument(server: string): Promise<Schema> {
  const operations = Object.entries<Operation>(OPERATIONS);
  const { convert, schemas } = await convertSchemas(operations.flatMap(([, operation]) => schemasOf(operation)));
  const paths: Record<string, Record<string, Schema>> = {};
  for (const [name, operation] of operations) {
    const method = operation.method.toLowerCase();
    paths[operation.path] = { ...paths[operation.path], [method]: describeOperation(operation, { name, convert }) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "harnex session",
      version: VERSION,
      description:
        "The API that each session serves, from its registration to its end. `harnex guide api` explains it.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: server }],
    security: [{ session: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        session: bearer("the `token` of the session's registry record"),
        hook: bearer("HARNEX_HOOK_TOKEN in the agent's environment"),
      },
    },
  };
}

function schemasOf({ body, answers }: Operation): v.GenericSchema[] {
  const used = [body?.schema, ...Object.values(answers).flatMap(({ schema, event }) => [schema, event])];
  return used.filter((schema) => schema !== undefined);
}

async function convertSchemas(used: readonly v.GenericSchema[]) {
  const { toJsonSchema, toJsonSchemaDefs } = await import("@valibot/to-json-schema");
  const named = new Map([...used, Failure].map((schema) => [v.getTitle(schema) ?? "", schema]));
  const definitions = Object.fromEntries(named);
  const config: Parameters<typeof toJsonSchemaDefs>[1] = {
    typeMode: "output",
    ignoreActions: ["readonly", "safe_integer", "title"],
    overrideRef: ({ referenceId }) => reference(referenceId),
    overrideSchema({ valibotSchema, jsonSchema }) {
      if (valibotSchema.type === "record") return { type: "object", additionalProperties: true };
      if (valibotSchema.type === "loose_object") return { ...jsonSchema, additionalProperties: true };
      if (typeof jsonSchema.const !== "boolean") return undefined;
      const { const: only, ...rest } = jsonSchema;
      return { ...rest, type: "boolean", enum: [only] };
    },
  };
  const convert = (schema: v.GenericSchema): Schema => {
    const name = v.getTitle(schema);
    if (name !== undefined) return { $ref: reference(name) };
    const { $schema: _, $defs: _defs, ...converted } = toJsonSchema(schema, { ...config, definitions });
    return converted;
  };
  return { convert, schemas: toJsonSchemaDefs(definitions, config) };
}

function describeOperation(operation: Operation, { name, convert }: { name: string; convert: Convert }): Schema {
  const { summary, path, query, body, token } = operation;
  const parameters = [
    ...(path.includes("{id}") ? [{ name: "id", in: "path", required: true, schema: { type: "string" } }] : []),
    ...Object.entries(query?.entries ?? {}).map(([parameter, schema]) => {
      const { description, ...rest } = convert(schema);
      return { name: parameter, in: "query", description, schema: rest };
    }),
  ];
  const answers = { ...operation.answers, ...COMMON };
  return {
    operationId: name,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : {
      requestBody: {
        required: body.required,
        content: {
          [JSON_TYPE]: { schema: convert(body.schema) },
          ...(body.text ? { "text/plain": { schema: { type: "string" } } } : {}),
        },
      },
    }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [status, describeAnswer(answer, { status, convert })]),
    ),
    ...(token === undefined ? {} : { security: [{ [token]: [] }] }),
  };
}

function describeAnswer(
  { meaning, schema, types = [] }: Answer,
  { status, convert }: { status: string; convert: Convert },
): Schema {
  const body = schema ?? (Number(status) >= 400 ? Failure : undefined);
  const content = {
    ...(body === undefined ? {} : { [JSON_TYPE]: { schema: convert(body) } }),
    ...Object.fromEntries(types.map((type) => [type, { schema: { type: "string" } }])),
  };
  return { description: meaning, ...(Object.keys(content).length === 0 ? {} : { content }) };
}

function reference(name: string): string {
  return `#/components/schemas/${name}`;
}

function bearer(description: string): Schema {
  return { type: "http", scheme: "bearer", description };
}
