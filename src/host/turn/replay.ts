/**
 * Plays a recorded terminal stream through an adapter, as a session would read it: the signal of each screen, in order.
 */

import type { PtyAdapter } from "../../adapters/adapter.ts";
import type { ScreenSignal } from "../../transports/agent_process.ts";
import type { TerminalSize } from "../../transports/terminal/screen.ts";
import { createEmulator } from "../../transports/terminal/emulator.ts";

/** Bytes drawn at a time. A recording holds no times; few bytes show short states, but also some half-drawn screens. */
const PIECE = 256;

export interface ReplayStep {
  /** bytes of the recording that were drawn */
  offset: number;
  signal: ScreenSignal;
}

/** Yields each change of the screen's signal, from the first screen on. */
export async function* replay(
  adapter: PtyAdapter,
  recording: Uint8Array,
  size: TerminalSize,
): AsyncGenerator<ReplayStep> {
  using emulator = await createEmulator({ ...size, reportOsc: adapter.behaviour.reportOsc });
  let last = "";
  for (let offset = 0; offset < recording.length; offset += PIECE) {
    await emulator.write(recording.subarray(offset, offset + PIECE));
    const signal = adapter.behaviour.fromScreen(emulator.screen());
    const said = JSON.stringify(signal);
    if (said !== last) yield { offset: Math.min(offset + PIECE, recording.length), signal };
    last = said;
  }
}
