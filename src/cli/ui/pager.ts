/** Shows harnex's long texts in a pager on a terminal; prints them in a pipe, and without a pager. */

import { HarnexError } from "../../model/errors.ts";
import { environmentWithout } from "../../model/setting.ts";
import type { Platform } from "../../platform/platform.ts";
import type { CommandContext } from "../context.ts";

const USUAL = "less";
/** As in git: exit if the text fits on the screen, pass colours through, keep the text on the screen. */
const LESS = "FRX";

/** Prints one of harnex's own texts. */
export async function page(text: string, context: CommandContext): Promise<void> {
  if (!context.output.isTerminal || !await showIn(context.platform, text)) context.output.block(text);
}

/** False if no pager is wanted, or none can be started. */
async function showIn({ env, processes, terminal }: Platform, text: string): Promise<boolean> {
  // The words of PAGER are a program and its arguments; no shell reads them.
  const argv = (env["PAGER"] ?? USUAL).split(" ").filter((word) => word !== "");
  if (env["TERM"] === "dumb" || argv.length === 0 || argv[0] === "cat") return false;
  // The pager handles Ctrl-C.
  using _signals = terminal.onSignal(["SIGINT"], () => {});
  try {
    await processes.runOnTerminal(argv, { stdin: text, env: { LESS, ...environmentWithout([], env) } });
    return true;
  } catch (error) {
    if (error instanceof HarnexError) return false; // it cannot be started
    throw error;
  }
}
