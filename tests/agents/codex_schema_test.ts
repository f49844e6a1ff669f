/**
 * Drift: the schema that the installed Codex generates against the parts of it that the adapter relies on.
 */

import * as assert from "../support/assert.ts";
import { agentPath } from "./install.ts";
import { READ, SENT } from "../support/codex_schema.ts";
import { lookUp, withoutProse } from "../support/json_schema.ts";

const VENDORED = new URL("../golden/codex/schema/", import.meta.url);
const REFRESH = "UPDATE_SCHEMA=1 deno test -A tests/agents/codex_schema_test.ts, then read the diff";

async function readJson(path: string | URL): Promise<unknown> {
  return JSON.parse(await Deno.readTextFile(path));
}

Deno.test({
  name: "codex: the generated schema still holds what the adapter relies on",
  async fn() {
    const root = await Deno.makeTempDir({ prefix: "codex-schema-" });
    try {
      const { code, stderr } = await new Deno.Command(agentPath("codex"), {
        args: ["app-server", "generate-json-schema", "--out", `${root}/schema`],
        env: { HOME: root, CODEX_HOME: root, PATH: Deno.env.get("PATH") ?? "" },
        clearEnv: true,
        stdin: "null",
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const sent: Record<string, unknown> = {};
      for (const name of SENT) sent[name] = withoutProse(await readJson(`${root}/schema/${name}.json`));
      const read: Record<string, unknown> = {};
      for (const [name, paths] of Object.entries(READ)) {
        const schema = await readJson(`${root}/schema/${name}.json`);
        for (const path of paths) read[`${name}: ${path}`] = lookUp(schema, path);
      }
      if (Deno.env.get("UPDATE_SCHEMA") === "1") {
        await Deno.writeTextFile(new URL("sent.json", VENDORED), JSON.stringify(sent, null, 2) + "\n");
        await Deno.writeTextFile(new URL("read.json", VENDORED), JSON.stringify(read, null, 2) + "\n");
      }
      const message = `Codex's protocol has changed. If the adapter can live with it: ${REFRESH}`;
      assert.deepEqual(read, await readJson(new URL("read.json", VENDORED)), message);
      assert.deepEqual(sent, await readJson(new URL("sent.json", VENDORED)), message);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});
