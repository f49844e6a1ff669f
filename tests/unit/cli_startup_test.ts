/** What is loaded at every start: a module that a command line does not need costs each of them time. */

import { posix } from "node:path";
import { deepEqual } from "../support/assert.ts";
import { parseModule, readText } from "../support/tree.ts";

/** A module and all that it loads with it: not what it imports lazily, and not types. */
function loadedWith(path: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const { specifier, kind } of parseModule(path, readText(path)).imports) {
    if (kind !== "value") continue;
    const target = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : specifier;
    if (target.startsWith("src/")) loadedWith(target, found);
    else found.add(target);
  }
  return found;
}

Deno.test("--version loads nothing but the version and a way to print it", () => {
  deepEqual([...loadedWith("src/main.ts")].sort(), [
    "src/cli/version_line.ts",
    "src/main.ts",
    "src/model/version.ts",
    "src/platform/standard_streams.ts",
  ]);
});

Deno.test("the overview loads no command, and a command no other one", () => {
  const isCommand = (path: string) => path.startsWith("src/cli/commands/");
  deepEqual([...loadedWith("src/cli/program.ts")].filter(isCommand), []);
  deepEqual([...loadedWith("src/cli/commands/run.ts")].filter(isCommand), ["src/cli/commands/run.ts"]);
});
