/** The entry: builds the real world, runs one command line in it, and ends with its exit code. */

import { asksForVersion, versionLine } from "./cli/version_line.ts";
import { writeOut } from "./platform/standard_streams.ts";

const guides = new URL("../guides/", import.meta.url);

/** All other modules are loaded only when they are needed: loading them takes longer than printing the version. */
async function main(argv: readonly string[]): Promise<number> {
  if (asksForVersion(argv)) {
    try {
      writeOut(new TextEncoder().encode(`${versionLine()}\n`));
      return 0;
    } catch {
      // such as a full disk: the program below tries again, and reports it as any command does
    }
  }
  const [{ runProgram }, { createRealContext }, { denoPlatform }] = await Promise.all([
    import("./cli/program.ts"),
    import("./cli/real_context.ts"),
    import("./platform/deno_platform.ts"),
  ]);
  return await runProgram(argv, createRealContext(denoPlatform(), { guides }));
}

Deno.exit(await main(Deno.args));
