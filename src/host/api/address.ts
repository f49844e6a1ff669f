/**
 * Finds the session a port: the explicit one or none, else the first free one from where the id points.
 */

import { HarnexError } from "../../model/errors.ts";
import type { LaunchSpec } from "../../model/launch.ts";
import type { Platform, ServeOptions, Server } from "../../platform/platform.ts";
import { firstPort } from "../../store/paths.ts";

export function bindAddress(
  platform: Platform,
  launch: LaunchSpec,
  handle: ServeOptions["handle"],
): Server {
  const bind = (port: number) => platform.serve({ hostname: launch.host, port, handle });
  if (launch.port !== undefined) return bind(launch.port);
  const { portBase: base, portSpan: span } = launch;
  const first = firstPort(launch.repoRoot, launch.id, { base, span });
  let refusal: unknown;
  for (let step = 0; step < span; step++) {
    try {
      return bind(base + (first - base + step) % span);
    } catch (error) {
      if (!(error instanceof HarnexError) || error.code !== "conflict") throw error;
      refusal = error;
    }
  }
  throw new HarnexError(
    "failed",
    `no free port on ${launch.host} in ${base} to ${base + span - 1}; choose one with --port`,
    {
      cause: refusal,
    },
  );
}
