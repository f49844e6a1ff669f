/** Shows harnex's own long texts page by page on a terminal; plain in a pipe, and where there is no pager. */

import { HarnexError } from "../../model/errors.ts";
import { environmentWithout } from "../../model/setting.ts";
import type { Platform } from "../../platform/platform.ts";
import type { CommandContext } from "../context.ts";

const USUAL = "less";
/** As git does it: leave at once when all fits on the screen, let colours through, leave the text where it is. */
const LESS = "FRX";

/** Prints a text of harnex's own. */
export async function page(text: string, context: CommandContext): Promise<void> {
  if (!context.output.isTerminal || !await showIn(context.platform, text)) context.output.block(text);
}

/** False when there is to be no pager, or cannot be. */
async function showIn({ env, processes, terminal }: Platform, text: string): Promise<boolean> {
  // The words of PAGER are a program and its arguments; no shell reads them.
  const argv = (env["PAGER"] ?? USUAL).split(" ").filter((word) => word !== "");
  if (env["TERM"] === "dumb" || argv.length === 0 || argv[0] === "cat") return false;
  // Ctrl-C is the pager's to understand.
  using _signals = terminal.onSignal(["SIGINT"], () => {});
  try {
    await processes.runOnTerminal(argv, { stdin: text, env: { LESS, ...environmentWithout([], env) } });
    return true;
  } catch (error) {
    if (error instanceof HarnexError) return false; // it cannot be started
    throw error;
  }
}
