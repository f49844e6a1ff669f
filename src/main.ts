/** The entry: builds the real world, runs one command line in it, and ends with its exit code. */

import { fileURLToPath } from "node:url";
import { runProgram } from "./cli/program.ts";
import { createRealContext } from "./cli/real_context.ts";
import { denoPlatform } from "./platform/deno_platform.ts";

const guides = fileURLToPath(new URL("../guides/", import.meta.url));
Deno.exit(await runProgram(Deno.args, createRealContext(denoPlatform(), { guides })));
