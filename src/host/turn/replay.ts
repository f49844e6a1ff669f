/**
 * Plays a recorded terminal stream through an adapter, as the session would see it: what each screen says, in order.
 */

import type { PtyAdapter } from "../../adapters/adapter.ts";
import type { ScreenSignal } from "../../transports/agent_process.ts";
import type { TerminalSize } from "../../transports/terminal/screen.ts";
import { createEmulator } from "../../transports/terminal/emulator.ts";

/** A recording holds no times; this is small enough to see short states, at the price of some half-drawn screens. */
const PIECE = 256;

export interface ReplayStep {
  /** how many bytes of the recording were drawn */
  offset: number;
  signal: ScreenSignal;
}

/** Each change of what the screen says. */
export async function* replay(
  adapter: PtyAdapter,
  recording: Uint8Array,
  size: TerminalSize,
): AsyncGenerator<ReplayStep> {
  using emulator = await createEmulator(size);
  let last = "";
  for (let offset = 0; offset < recording.length; offset += PIECE) {
    await emulator.write(recording.subarray(offset, offset + PIECE));
    const signal = adapter.behaviour.fromScreen(emulator.screen());
    const said = JSON.stringify(signal);
    if (said !== last) yield { offset: Math.min(offset + PIECE, recording.length), signal };
    last = said;
  }
}
