/**
 * Bounds what an agent is answered to its terminal queries: one that asks without end and reads nothing would have
 * its answers pile up in `script`, which queues them without a limit.
 */

import type { Clock } from "../../platform/platform.ts";

/** About a thousand answers at once: an agent asks for ten things at its boot, for the cursor now and then. */
const BURST_BYTES = 16 * 1024;
/** From then on: dozens of answers a second, and below 50 MB in a day if nobody ever reads them. */
const BYTES_PER_SECOND = 512;

/** Whether an answer of this length may be given now. */
export function createReplyLimit(clock: Clock): (bytes: number) => boolean {
  let left = BURST_BYTES;
  let countedAt = clock.monotonic();
  return (bytes) => {
    const now = clock.monotonic();
    left = Math.min(BURST_BYTES, left + (now - countedAt) / 1000 * BYTES_PER_SECOND);
    countedAt = now;
    if (bytes > left) return false;
    left -= bytes;
    return true;
  };
}
