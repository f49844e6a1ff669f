/**
 * Bounds the answers to an agent's terminal queries. For an agent that asks without end and reads nothing, they would
 * pile up in `script`, which queues them without a limit.
 */

import type { Clock } from "../../platform/platform.ts";

/** About a thousand answers at once: an agent asks for ten things at its boot, for the cursor now and then. */
const BURST_BYTES = 16 * 1024;
/** After that: dozens of answers a second, and less than 50 MB in a day if the agent never reads them. */
const BYTES_PER_SECOND = 512;

/** The result says whether an answer of that many bytes may be given now, and counts it if so. */
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
