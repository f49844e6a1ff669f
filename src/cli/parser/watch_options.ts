/** Watch mode on the command line: the options that `run --watch` and `watch` share, and the policy they make. */

import type { WatchOptions } from "../../client/watch.ts";
import type { CommandContext } from "../context.ts";
import { duration, integer } from "./option.ts";
import { NO_LIMIT } from "./shared_options.ts";
import { parseDuration } from "./value.ts";

/** The established presets. */
const PRESETS = {
  impl: { stallAfterMs: 8 * 60_000, maxResumes: 1 },
  plan: { stallAfterMs: 3 * 60_000, maxResumes: 2 },
  gate: { stallAfterMs: 15 * 60_000, maxResumes: 0 },
} as const;
export const PRESET_NAMES = ["impl", "plan", "gate"] as const satisfies readonly (keyof typeof PRESETS)[];
export const PRESET_HELP = "stall time and resumes: 8m and 1, 3m and 2, or 15m and 0";
const DEFAULT_INTERVAL_MS = 60_000;
/** For tests; scripts rely on the default. */
const INTERVAL_VARIABLE = "HARNEX_WATCH_INTERVAL";

/** The limits of watch mode. `prefix` begins their help. */
export function watchLimits(prefix: "" | "with --watch: ") {
  return {
    stallAfter: duration({ help: `${prefix}time without output that counts as a stall`, defaultText: "8m" }),
    maxResumes: integer({
      range: { min: 0, max: NO_LIMIT },
      help: `${prefix}number of resumes before escalating`,
      defaultText: "1",
    }),
  };
}

export interface WatchPolicyOptions {
  readonly preset: keyof typeof PRESETS | undefined;
  readonly stallAfter: { ms: number } | undefined;
  readonly maxResumes: number | undefined;
}

/** Explicit values take precedence over the preset. */
export function watchOptions(options: WatchPolicyOptions, { platform, output }: CommandContext): WatchOptions {
  const preset = PRESETS[options.preset ?? "impl"];
  const interval = platform.env[INTERVAL_VARIABLE] ?? "";
  return {
    stallAfterMs: options.stallAfter?.ms ?? preset.stallAfterMs,
    maxResumes: options.maxResumes ?? preset.maxResumes,
    intervalMs: interval === "" ? DEFAULT_INTERVAL_MS : parseDuration(INTERVAL_VARIABLE, interval).ms,
    say: (text) => output.line(`harnex watch: ${text}`),
    complain: (trouble) => output.note(`harnex watch: ${trouble}`),
  };
}
