/** From the options of `run --watch` and `watch` to a watch policy: presets, explicit values, the interval. */

import type { WatchOptions } from "../../client/watch.ts";
import type { CommandContext } from "../context.ts";
import { parseDuration } from "./value.ts";

/** The established presets. */
const PRESETS = {
  impl: { stallAfterMs: 8 * 60_000, maxResumes: 1 },
  plan: { stallAfterMs: 3 * 60_000, maxResumes: 2 },
  gate: { stallAfterMs: 15 * 60_000, maxResumes: 0 },
} as const;
const DEFAULT_INTERVAL_MS = 60_000;
/** For tests; scripts rely on the default. */
const INTERVAL_VARIABLE = "HARNEX_WATCH_INTERVAL";

export interface WatchPolicyOptions {
  readonly preset: keyof typeof PRESETS | undefined;
  readonly stallAfter: { ms: number } | undefined;
  readonly maxResumes: number | undefined;
}

/** Explicit values beat the preset. */
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
