/** Has its terminal watched over, `PATH SAVED`, and lives until it is killed. */

import { guardTerminal } from "../../src/platform/watchdog.ts";

const [path = "", saved = ""] = Deno.args;
guardTerminal({ path, saved });
await new Promise((resolve) => setInterval(resolve, 2 ** 30));
