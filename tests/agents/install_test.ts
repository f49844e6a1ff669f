/**
 * The real agents are there, in exactly the versions of the set that is tested.
 */

import { AGENT_NAMES, agentPath, agentSet, agentVersion } from "./install.ts";
import { equal, ok } from "../support/assert.ts";
import { tempDir } from "../support/temp.ts";

for (const name of AGENT_NAMES) {
  Deno.test(`${name} answers with its ${agentSet()} version`, async () => {
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
