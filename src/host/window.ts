/**
 * The tmux window that a session is shown in, as its record names it. The host asks for it itself: were it told by who
 * opened the window, the record would have two writers.
 */

import type { LaunchSpec } from "../model/launch.ts";
import { setting } from "../model/setting.ts";
import type { RegistryRecord } from "../model/session.ts";
import type { Platform } from "../platform/platform.ts";
import { createTmux } from "../platform/tmux.ts";

export type WindowFields = Pick<RegistryRecord, "tmux_target" | "tmux_session" | "tmux_window">;

/** Nothing for a session that was not opened in one. */
export async function findWindow(
  launch: Pick<LaunchSpec, "mode" | "env">,
  { env, processes }: Pick<Platform, "env" | "processes">,
  warn: (trouble: unknown) => void,
): Promise<WindowFields> {
  const pane = setting(env, "TMUX_PANE");
  const server = setting(env, "TMUX");
  if (launch.mode !== "tmux" || pane === undefined || server === undefined) return {};
  try {
    const found = await createTmux(processes, { ...launch.env, TMUX: server }).describe(pane);
    return found === undefined
      ? {}
      : { tmux_target: found.pane, tmux_session: found.session, tmux_window: found.window };
  } catch (error) {
    warn(error);
    return {};
  }
}
