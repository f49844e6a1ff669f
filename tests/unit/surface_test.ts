/**
 * How the public surface is described and compared: what counts as a change, and what does not.
 */

import { deepEqual } from "../support/assert.ts";
import { commonShape, compareSurfaces, findUnlisted, shapeOf } from "../support/surface/facts.ts";
import { commandsOf, helpFacts } from "../support/surface/help_facts.ts";
import { openapiFacts, schemaFacts } from "../support/surface/openapi_facts.ts";

Deno.test("shapeOf() names each field with its type, and the words of a status", () => {
  const value = {
    ok: true,
    status: "queued",
    id: "a",
    at: null,
    checks: [{ name: "git" }, { name: "tmux", found: "3" }],
  };
  deepEqual(shapeOf(value), [
    "ok: true",
    'status: "queued"',
    "id: string",
    "at: null",
    "checks: array",
    "checks[].name: string",
    "checks[].found: string",
  ]);
  deepEqual(shapeOf([]), [".: array"]);
});

Deno.test("commonShape() marks what only some values have", () => {
  deepEqual(commonShape([{ code: 1, by: "stop" }, { code: null, usage: { total: 1 } }]), [
    "code: number",
    "code: null",
    'by?: "stop"',
    "usage?: object",
    "usage.total?: number",
  ]);
});

Deno.test("compareSurfaces() tells what was removed, renamed or retyped, and what is new", () => {
  const before = { output: ["send > id: string", "send > code: number"], help: ["stop: option --wait"] };
  const after = { output: ["send > id: string", "send > code: string"], help: ["stop: option --await"] };
  deepEqual(compareSurfaces(before, after), {
    removed: ["output: send > code: number", "help: stop: option --wait"],
    added: ["output: send > code: string", "help: stop: option --await"],
  });
  deepEqual(compareSurfaces(before, before), { removed: [], added: [] });
});

Deno.test("findUnlisted() wants a reason for each addition, and an addition for each reason", () => {
  const added = ["help: top: usage harnex top", "help: top: option --on", "events: acceptance > ok: true"];
  deepEqual(findUnlisted(added, { "help: top: *": "a new command", "events: gone": "because", "help: *": " " }), {
    unlisted: ["events: acceptance > ok: true"],
    stale: ["events: gone", "help: *"],
  });
});

const HELP = `Usage: harnex stop --id ID [options]
       harnex stop --all

Ends sessions (the
graceful way).

Arguments:
  <shell>  which

Options:
  --timeout SECS          give up after this long (not before it) (default: 5;
                          env: HARNEX_HOST)
  --id ID                 the session (required)
  --relay, --no-relay     whether to add a header (default: unless it is sent to
                          itself)
  --a-very-long-option-name VALUE
                          what it is for (in words)

EXIT STATUS
  0    it ended
  124  --timeout ran out, which may
       take a while
`;

Deno.test("helpFacts() reads usage, arguments, options and exit statuses, and leaves out prose", () => {
  deepEqual(helpFacts("stop", HELP), [
    "stop: usage harnex stop --id ID [options]",
    "stop: usage harnex stop --all",
    "stop: argument <shell>",
    "stop: option --timeout SECS",
    "stop: option --timeout default: 5",
    "stop: option --timeout env: HARNEX_HOST",
    "stop: option --id ID",
    "stop: option --id required",
    "stop: option --relay, --no-relay",
    "stop: option --relay has a default",
    "stop: option --a-very-long-option-name VALUE",
    "stop: exit status 0",
    "stop: exit status 124",
  ]);
  deepEqual(helpFacts("stop", HELP.replace("the\ngraceful way", "slowly").replace("it ended", "all is well")), [
    ...helpFacts("stop", HELP),
  ]);
  deepEqual(commandsOf("Usage: x\n\nCommands:\n  run   start one\n  stop  end\n        one\n\nOptions:\n  -h\n"), [
    "run",
    "stop",
  ]);
});

Deno.test("schemaFacts() are the same for a reference and what it refers to, and for each way to name words", () => {
  const schemas = { Name: { type: "string" }, State: { enum: ["busy", "prompt"] } };
  const document = { components: { schemas } };
  const referring = {
    type: "object",
    properties: {
      name: { $ref: "#/components/schemas/Name" },
      state: { $ref: "#/components/schemas/State" },
      at: { anyOf: [{ type: "string", format: "date-time" }, { type: "null" }] },
      ok: { type: "boolean", enum: [true] },
      rows: { type: "array", items: { type: "integer", minimum: 1 } },
    },
    required: ["name", "ok"],
  };
  const plain = {
    type: "object",
    required: ["ok", "name"],
    properties: {
      ok: { const: true, description: "always" },
      name: { type: "string", title: "Name" },
      state: { anyOf: [{ const: "busy" }, { const: "prompt" }] },
      at: { type: ["string", "null"] },
      rows: { type: "array", items: { type: "integer" } },
    },
  };
  const expected = [
    ".: object",
    "at?: null",
    "at?: string",
    "name: string",
    "ok: true",
    "rows?: array",
    "rows?[]: integer",
    'state?: "busy"',
    'state?: "prompt"',
  ];
  deepEqual(schemaFacts(document, referring).sort(), expected);
  deepEqual(schemaFacts(document, plain).sort(), expected);
});

Deno.test("openapiFacts() has routes, parameters, bodies, answers and tokens", () => {
  const text = { "text/plain": { schema: { type: "string" } } };
  const operation = {
    operationId: "dropMessage",
    summary: "drops it",
    parameters: [
      { name: "id", in: "path", required: true, schema: { type: "string" } },
      { name: "from", in: "query", description: "where to begin", schema: { type: "integer" } },
    ],
    requestBody: { required: true, content: { "application/json": { schema: { type: "object" } }, ...text } },
    responses: {
      200: { description: "done", content: { "application/json": { schema: { type: "object" } } } },
      404: {},
    },
    security: [{ hook: [] }],
  };
  deepEqual(openapiFacts({ paths: { "/inbox/{id}": { delete: operation } } }), [
    "DELETE /inbox/{id} = dropMessage",
    "DELETE /inbox/{id} path id: string",
    "DELETE /inbox/{id} query from?: integer",
    "DELETE /inbox/{id} body is required",
    "DELETE /inbox/{id} body application/json",
    "DELETE /inbox/{id} body .: object",
    "DELETE /inbox/{id} body text/plain",
    "DELETE /inbox/{id} 200",
    "DELETE /inbox/{id} 200 application/json",
    "DELETE /inbox/{id} 200 .: object",
    "DELETE /inbox/{id} 404",
    "DELETE /inbox/{id} takes the token hook",
  ]);
});
