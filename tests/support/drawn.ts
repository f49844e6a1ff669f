/** What a terminal shows after this text was printed. */

import { createEmulator, type EmulatorOptions } from "../../src/transports/terminal/emulator.ts";
import type { Screen } from "../../src/transports/terminal/screen.ts";

export async function drawn(
  text: string,
  options: EmulatorOptions = { rows: 10, columns: 40 },
): Promise<Screen> {
  using emulator = await createEmulator(options);
  await emulator.write(new TextEncoder().encode(text));
  return emulator.screen();
}
