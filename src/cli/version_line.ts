/** What `harnex --version` prints. */

import { RELEASED, VERSION } from "../model/version.ts";

export function versionLine(): string {
  return `harnex ${VERSION} (${RELEASED})`;
}
