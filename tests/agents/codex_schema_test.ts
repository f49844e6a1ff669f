/**
 * Drift: the protocol schema that the installed Codex generates, against the one that is kept for its version. For a
 * version without one, the difference to the newest that is kept, by name.
 */

import * as assert from "../support/assert.ts";
import { agentPath, agentVersion } from "./install.ts";
import { newestSchema, READ, SCHEMAS, schemaVersions, SENT } from "../support/codex_schema.ts";
import { lookUp, withoutProse } from "../support/json_schema.ts";
import { changesOf, methodsOf, surfaceOf } from "../support/protocol_surface.ts";
import { withTempDir } from "../support/temp.ts";

const REFRESH = "UPDATE_SCHEMA=1 deno test -A tests/agents/codex_schema_test.ts, then read the diff";

/** What is kept of a schema: what harnex sends and reads, and all that Codex may say, as lines. */
interface Kept {
  sent: unknown;
  read: unknown;
  protocol: readonly string[];
}

Deno.test("codex: the generated schema is the one that is kept for its version", async () => {
  const version = agentVersion("codex");
  const generated = await withTempDir(generate);
  if (Deno.env.get("UPDATE_SCHEMA") === "1") await keep(version, generated);
  const known = schemaVersions();
  const base = known.includes(version) ? version : newestSchema();
  const changes = changesOf((await load(base)).protocol, generated.protocol);
  assert.deepEqual(changes, [], `Codex ${version} differs from what is kept of ${base}. ${REFRESH}`);
  assert.ok(known.includes(version), `Codex ${version} speaks the protocol of ${base}, but has no folder. ${REFRESH}`);
  const { sent, read } = await load(version);
  assert.deepEqual(generated.read, read, REFRESH);
  assert.deepEqual(generated.sent, sent, REFRESH);

  const older = known[known.indexOf(version) - 1];
  if (older === undefined) return;
  console.log(
    [`From ${older} to ${version}:`, ...changesOf((await load(older)).protocol, generated.protocol)].join("\n"),
  );
});

async function generate(root: string): Promise<Kept> {
  const { code, stderr } = await new Deno.Command(agentPath("codex"), {
    // The whole of what a client with `experimentalApi` gets to see.
    args: ["app-server", "generate-json-schema", "--experimental", "--out", `${root}/schema`],
    env: { HOME: root, CODEX_HOME: root, PATH: Deno.env.get("PATH") ?? "" },
    clearEnv: true,
    stdin: "null",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const schema = (name: string) => readJson(`${root}/schema/${name}.json`);
  const sent: Record<string, unknown> = {};
  for (const name of SENT) sent[name] = withoutProse(await schema(name));
  const read: Record<string, unknown> = {};
  for (const [name, paths] of Object.entries(READ)) {
    for (const path of paths) read[`${name}: ${path}`] = lookUp(await schema(name), path);
  }
  const bundle = await schema("codex_app_server_protocol.schemas");
  const protocol = [
    ...methodsOf(bundle, "ClientRequest"),
    ...surfaceOf(bundle, ["ServerNotification", "ServerRequest"]),
  ];
  return { sent, read, protocol };
}

async function keep(version: string, { sent, read, protocol }: Kept): Promise<void> {
  const folder = new URL(`${version}/`, SCHEMAS);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(new URL("sent.json", folder), JSON.stringify(sent, null, 2) + "\n");
  await Deno.writeTextFile(new URL("read.json", folder), JSON.stringify(read, null, 2) + "\n");
  await Deno.writeTextFile(new URL("protocol.txt", folder), protocol.join("\n") + "\n");
}

async function load(version: string): Promise<Kept> {
  const folder = new URL(`${version}/`, SCHEMAS);
  const protocol = (await Deno.readTextFile(new URL("protocol.txt", folder))).trimEnd().split("\n");
  return {
    sent: await readJson(new URL("sent.json", folder)),
    read: await readJson(new URL("read.json", folder)),
    protocol,
  };
}

async function readJson(path: string | URL): Promise<unknown> {
  return JSON.parse(await Deno.readTextFile(path));
}
