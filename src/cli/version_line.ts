/** The output of `harnex --version`. */

import { RELEASED, VERSION } from "../model/version.ts";

export function versionLine(): string {
  return `harnex ${VERSION} (${RELEASED})`;
}

/** Whether the command line asks only for the version: then nothing else needs to be loaded. */
export function asksForVersion(argv: readonly string[]): boolean {
  return argv[0] === "--version" || argv[0] === "-v";
}
