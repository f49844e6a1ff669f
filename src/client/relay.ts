/** The line before a message that one session sends to another: it names the sender. */

import { setting } from "../model/setting.ts";
import { slugOf } from "../store/paths.ts";

const MARK = "[harnex relay ";

/**
 * The text with that line, when it is sent from inside a session (`env` says so). By default a session's message to
 * itself goes without it, as does an empty text, and one that has the line already.
 */
export function withRelay(
  text: string,
  options: {
    env: Readonly<Record<string, string | undefined>>;
    /** wall-clock milliseconds */
    now: number;
    to: { id: string; repoRoot: string };
    /** undefined: by default */
    relay: boolean | undefined;
  },
): string {
  const { env, to } = options;
  const sender = setting(env, "HARNEX_ID");
  const cli = setting(env, "HARNEX_SESSION_CLI");
  if (sender === undefined || cli === undefined || setting(env, "HARNEX_SESSION_ID") === undefined) return text;
  const toItself = slugOf(sender) === slugOf(to.id) && setting(env, "HARNEX_SESSION_REPO_ROOT") === to.repoRoot;
  const isWanted = options.relay ?? !toItself;
  if (!isWanted || text === "" || text.trimStart().startsWith(MARK)) return text;
  return `${MARK}from=${cli} id=${sender} at=${new Date(options.now).toISOString()}]\n${text}`;
}
