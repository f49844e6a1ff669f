/** What the host itself says on standard error: lines for a person, and warnings, each kind of trouble once. */

import { messageOf } from "../model/errors.ts";
import type { LocalTerminal } from "../platform/platform.ts";
import { visible } from "../text/visible.ts";

/** Warns of trouble on one topic, once. */
export type Warn = (topic: string, trouble: unknown) => void;

export interface Notices {
  say(text: string): void;
  warn: Warn;
  /** `warn` on one topic, for a part of the host that has no other. */
  warnOf(topic: string): (trouble: unknown) => void;
}

/** Topics that are files in the state directory: trouble with one of them is trouble with all. */
const STATE_TOPICS: readonly string[] = [
  "events",
  "inbox journal",
  "transcript",
  "registry",
  "registration",
  "ledger",
  "exit record",
];

export function createNotices(terminal: Pick<LocalTerminal, "writeErr">): Notices {
  const warned = new Set<string>();
  // The terminal may be raw, where a line feed alone does not go back to the first column.
  const say = (text: string) => void terminal.writeErr(new TextEncoder().encode(`harnex: ${visible(text)}\r\n`));
  const warn: Warn = (topic, trouble) => {
    const isState = STATE_TOPICS.includes(topic);
    const kind = isState ? "state directory" : topic;
    if (warned.has(kind)) return;
    warned.add(kind);
    const consequence = isState ? "; the session goes on without what it cannot write" : "";
    say(`warning: ${topic}: ${messageOf(trouble)}${consequence}`);
  };
  return { say, warn, warnOf: (topic) => (trouble) => warn(topic, trouble) };
}
