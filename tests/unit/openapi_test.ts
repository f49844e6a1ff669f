/**
 * The OpenAPI document: made from the table that serves, sound in itself, and explained by guides/api.md. That the real
 * program answers as it says is shown in tests/process/openapi_test.ts.
 */

import { openapiDocument } from "../../src/host/api/openapi.ts";
import { OPERATIONS } from "../../src/host/api/operations.ts";
import type { Operation } from "../../src/host/api/route.ts";
import { operationsAt } from "../../src/host/api/routes.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { at, entriesOf, textOf } from "../support/json.ts";
import { readText } from "../support/tree.ts";

const document: unknown = JSON.parse(JSON.stringify(await openapiDocument("http://127.0.0.1:43000")));
const operations: readonly Operation[] = Object.values(OPERATIONS);
const guide = readText("guides/api.md");

const described = entriesOf(at(document, "paths")).flatMap(([path, methods]) =>
  entriesOf(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, path, operation }))
);

Deno.test("the OpenAPI document has every route of the table, and no other", () => {
  deepEqual(
    described.map(({ route }) => route).sort(),
    operations.map(({ method, path }) => `${method} ${path}`).sort(),
  );
  const statuses = (operation: unknown) => entriesOf(at(operation, "responses")).map(([status]) => Number(status));
  for (const { route, operation } of described) {
    const row = operations.find(({ method, path }) => `${method} ${path}` === route);
    deepEqual(statuses(operation).sort(), [...Object.keys(row?.answers ?? {}).map(Number), 401, 403].sort(), route);
  }
});

Deno.test("every route is matched by its own path, and by no other", () => {
  for (const { path, method } of operations) {
    const found = operationsAt(path.replace("{id}", "a%20b"));
    ok(found.some(({ operation }) => operation.method === method && operation.path === path), `${method} ${path}`);
    deepEqual([...new Set(found.map(({ operation }) => operation.path))], [path]);
    if (path.includes("{id}")) equal(found[0]?.segment, "a%20b");
  }
  for (const path of ["/", "/status/", "/messages/", "/messages/a/b", "/inbox/", "/statusx", "/openapi"]) {
    deepEqual(operationsAt(path), [], path);
  }
});

Deno.test("one path takes one token", () => {
  for (const { path, token } of operations) {
    deepEqual([...new Set(operationsAt(path).map(({ operation }) => operation.token))], [token], path);
  }
});

Deno.test("the OpenAPI document is sound", () => {
  match(textOf(at(document, "openapi")), /^3\.1\.\d+$/);
  deepEqual(entriesOf(document).map(([key]) => key).sort(), [
    "components",
    "info",
    "openapi",
    "paths",
    "security",
    "servers",
  ]);
  for (const key of ["title", "version", "description"]) match(textOf(at(document, "info", key)), /\S/);
  const ids = described.map(({ operation }) => textOf(at(operation, "operationId")));
  equal(new Set(ids).size, ids.length, "an operationId is there twice");
  for (const { route, path, operation } of described) checkOperation(operation, { route, path });
  const named = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) =>
    name
  );
  ok(named.length > 20);
  const schemas = entriesOf(at(document, "components", "schemas")).map(([name]) => name);
  deepEqual(named.filter((name) => !schemas.includes(name ?? "")), []);
  deepEqual(schemas.filter((name) => name !== "SessionEvent" && !named.includes(name)), [], "nothing refers to these");
});

const OPERATION_KEYS = ["operationId", "summary", "parameters", "requestBody", "responses", "security"];

function checkOperation(operation: unknown, { route, path }: { route: string; path: string }): void {
  deepEqual(entriesOf(operation).map(([key]) => key).filter((key) => !OPERATION_KEYS.includes(key)), [], route);
  match(textOf(at(operation, "summary")), /\S/, route);
  const inPath = entriesOf(at(operation, "parameters")).map(([, parameter]) => parameter).filter((parameter) =>
    at(parameter, "in") === "path"
  );
  deepEqual(
    inPath.map((parameter) => [at(parameter, "name"), at(parameter, "required")]),
    [
      ...path.matchAll(/\{(\w+)\}/g),
    ].map(([, name]) => [name, true]),
    route,
  );
  for (const [status, response] of entriesOf(at(operation, "responses"))) {
    match(status, /^[1-5]\d\d$/, route);
    match(textOf(at(response, "description")), /\S/, `${route} ${status}`);
    if (Number(status) >= 200) ok(entriesOf(at(response, "content")).length > 0, `${route} ${status} has no content`);
  }
  const schemes = entriesOf(at(document, "components", "securitySchemes")).map(([name]) => name);
  for (const [, requirement] of entriesOf(at(operation, "security"))) {
    deepEqual(entriesOf(requirement).map(([name]) => name).filter((name) => !schemes.includes(name)), [], route);
  }
}

Deno.test("guides/api.md has a heading for every route, every status, and every field", () => {
  const headings = guide.split("\n").filter((line) => line.startsWith("### ")).join("\n");
  const told = [...headings.matchAll(/`(GET|POST|DELETE) (\/[\w./:-]*)/g)].map(([, method, path]) =>
    `${method} ${path?.replace(":id", "{id}")}`
  );
  const bare = [...headings.matchAll(/, `(\/\w+)`/g)].map(([, path]) => `GET ${path}`);
  deepEqual([...told, ...bare].sort(), operations.map(({ method, path }) => `${method} ${path}`).sort());
  const statuses = new Set(described.flatMap(({ operation }) => entriesOf(at(operation, "responses"))).map(([s]) => s));
  const rows = [...guide.matchAll(/^\| (\d{3}) /gm)].map(([, status]) => status ?? "");
  deepEqual([...statuses].filter((status) => status !== "101" && !rows.includes(status)), []);
  const missing = ["Status", "Send", "Delivered", "Queued", "NotTaken", "Message", "Stop", "Reply", "WatchReport"]
    .flatMap((name) =>
      entriesOf(at(document, "components", "schemas", name, "properties")).map(([field]) => `${name}.${field}`)
    ).filter((field) => !new RegExp(`\\b${field.split(".")[1]}\\b`).test(guide));
  deepEqual(missing, []);
});
