/**
 * The house rules that a machine can check, as a plugin of `deno lint`. An exception in `src/` is written
 * `// deno-lint-ignore harnex/<rule> -- <reason>`.
 */

import { effectRules } from "./effects.ts";
import { languageRules } from "./language.ts";
import { shapeRules } from "./shape.ts";
import { testRules } from "./testing.ts";

const plugin: Deno.lint.Plugin = {
  name: "harnex",
  rules: { ...effectRules, ...languageRules, ...shapeRules, ...testRules },
};

export default plugin;
