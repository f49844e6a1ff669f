/**
 * The real agents are there, in exactly the versions that the adapters' recordings are from.
 */

import { type AgentName, agentPath, AGENTS, agentVersion } from "./install.ts";
import { equal, ok } from "../support/assert.ts";
import { tempDir } from "../support/temp.ts";

for (const name of Object.keys(AGENTS) as AgentName[]) {
  Deno.test(`${name} answers with its pinned version`, async () => {
    using home = tempDir();
    const { code, stdout, stderr } = await new Deno.Command(agentPath(name), {
      args: ["--version"],
      env: { HOME: home.path },
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stdout);
    equal(code, 0, new TextDecoder().decode(stderr));
    ok(said.includes(agentVersion(name)), said);
  });
}
