/** The API of a session as an OpenAPI document, made from the table that serves it. Pure. */

import { VERSION } from "../../model/version.ts";
import { type Answer, type Operation, OPERATIONS, type QueryParameter } from "./operations.ts";
import { type Schema, type SchemaName, SCHEMAS } from "./schemas.ts";

const JSON_TYPE = "application/json";
/** What every operation may answer. */
const COMMON: Readonly<Record<number, Answer>> = {
  401: { meaning: "no token, or a wrong one" },
  403: { meaning: "a foreign Host header" },
};

export function openapiDocument(server: string): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const [name, operation] of Object.entries<Operation>(OPERATIONS)) {
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: described(name, operation) };
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
      schemas: SCHEMAS,
      securitySchemes: {
        session: bearer("the `token` of the session's registry record"),
        hook: bearer("HARNEX_HOOK_TOKEN in the agent's environment"),
      },
    },
  };
}

function described(name: string, operation: Operation): Schema {
  const { summary, path, query = {}, body, token } = operation;
  const parameters = [
    ...(path.includes("{id}") ? [{ name: "id", in: "path", required: true, schema: { type: "string" } }] : []),
    ...Object.entries(query).map(([parameter, described]) => queryParameter(parameter, described)),
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
          [JSON_TYPE]: { schema: reference(body.schema) },
          ...(body.text ? { "text/plain": { schema: { type: "string" } } } : {}),
        },
      },
    }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [status, response(status, answer)]),
    ),
    ...(token === undefined ? {} : { security: [{ [token]: [] }] }),
  };
}

function queryParameter(name: string, { meaning, choices, from }: QueryParameter): Schema {
  const schema = from === undefined ? { type: "string", enum: choices } : { type: "integer", minimum: from };
  return { name, in: "query", description: meaning, schema };
}

function response(status: string, { meaning, schema, types = [] }: Answer): Schema {
  const name = schema ?? (Number(status) >= 400 ? "Error" : undefined);
  const content = {
    ...(name === undefined ? {} : { [JSON_TYPE]: { schema: reference(name) } }),
    ...Object.fromEntries(types.map((type) => [type, { schema: { type: "string" } }])),
  };
  return { description: meaning, ...(Object.keys(content).length === 0 ? {} : { content }) };
}

function reference(name: SchemaName): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function bearer(description: string): Schema {
  return { type: "http", scheme: "bearer", description };
}
