/**
 * Tells a person at a terminal what a long wait is for: one line on stderr that is gone when the wait is over,
 * however it ends. In a pipe there is nothing.
 */

import { Interrupted } from "../../model/errors.ts";
import { ENDING_SIGNALS } from "../../platform/platform.ts";
import { age } from "./cells.ts";
import type { CommandContext } from "../context.ts";

/** What is over before this needs no words. */
const DELAY_MS = 400;
const FRAME_MS = 150;
/** Who waits for longer than a minute need not see it move, and it shall cost nothing. */
const SLOW_AFTER_MS = 60_000;
const SLOW_FRAME_MS = 1_000;
const FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

/** Does the work, and says `text` as long as it takes. Throws `Interrupted` when somebody does not want to wait. */
export async function spinWhile<T>(
  { platform: { clock, terminal }, output }: CommandContext,
  text: string,
  work: () => Promise<T>,
): Promise<T> {
  if (!output.hasStatusLine) return await work();
  const startedAt = clock.monotonic();
  const interrupted = Promise.withResolvers<never>();
  // Without a listener the system would end us at once, and the line would stay behind.
  using _signals = terminal.onSignal(ENDING_SIGNALS, (signal) => interrupted.reject(new Interrupted(signal)));
  let cancel = clock.after(DELAY_MS, draw);
  function draw(): void {
    const elapsed = clock.monotonic() - startedAt;
    const frame = FRAMES[Math.floor(elapsed / FRAME_MS) % FRAMES.length];
    // A job in the background (`&`) shares the terminal with the shell's prompt.
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
