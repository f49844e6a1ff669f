/**
 * Shows the purpose of a long wait on a terminal: one line on stderr, removed when the wait ends, also by an error.
 * Prints nothing in a pipe.
 */

import { Interrupted } from "../../model/errors.ts";
import { ENDING_SIGNALS } from "../../platform/platform.ts";
import { age } from "./cells.ts";
import type { CommandContext } from "../context.ts";

/** A shorter wait needs no line. */
const DELAY_MS = 400;
const FRAME_MS = 150;
/** In a wait of over a minute the line changes less often, to save CPU time. */
const SLOW_AFTER_MS = 60_000;
const SLOW_FRAME_MS = 1_000;
const FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

/** Does the work, and shows `text` meanwhile. Throws `Interrupted` on an OS signal such as SIGINT. */
export async function spinWhile<T>(
  { platform: { clock, terminal }, output }: CommandContext,
  text: string,
  work: () => Promise<T>,
): Promise<T> {
  if (!output.hasStatusLine) return await work();
  const startedAt = clock.monotonic();
  const interrupted = Promise.withResolvers<never>();
  // Without a listener an OS signal would end harnex immediately, and the line would remain.
  using _signals = terminal.onSignal(ENDING_SIGNALS, (signal) => interrupted.reject(new Interrupted(signal)));
  let cancel = clock.after(DELAY_MS, draw);
  function draw(): void {
    const elapsed = clock.monotonic() - startedAt;
    const frame = FRAMES[Math.floor(elapsed / FRAME_MS) % FRAMES.length];
    // A background job (`&`) shares the terminal with the shell's prompt.
    if (terminal.isForeground()) output.statusLine(`${frame} ${text}, ${age(elapsed / 1000)}`);
    cancel = clock.after(elapsed < SLOW_AFTER_MS ? FRAME_MS : SLOW_FRAME_MS, draw);
  }
  try {
    return await Promise.race([work(), interrupted.promise]);
  } finally {
    cancel();
    output.statusLine("");
  }
}
