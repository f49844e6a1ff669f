/** What a terminal shows after this text was printed. */

import { createEmulator } from "../../src/transports/terminal/emulator.ts";
import type { Screen } from "../../src/transports/terminal/screen.ts";

export async function drawn(
  text: string,
  size: { rows: number; columns: number } = { rows: 10, columns: 40 },
): Promise<Screen> {
  using emulator = await createEmulator(size);
  await emulator.write(new TextEncoder().encode(text));
  return emulator.screen();
}
