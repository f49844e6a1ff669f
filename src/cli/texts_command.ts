/** The body that `guide`, `agents-guide` and `recipes` share: list a shelf of texts, or print one of them. */

import { HarnexError } from "../model/errors.ts";
import type { CommandContext } from "./context.ts";
import { findEntry, type GuideEntry, listShelf, type Shelf } from "./guides.ts";
import { page } from "./ui/pager.ts";
import type { TextsInvocation } from "./specs/texts.ts";
import { quoted } from "../text/visible.ts";

interface Wording {
  readonly shelf: Shelf;
  readonly command: string;
  readonly noun: string;
  /** the text to print when none is named; the list unless said */
  readonly first?: string;
}

export async function executeTexts(
  invocation: TextsInvocation,
  call: { context: CommandContext; wording: Wording },
): Promise<number> {
  const { context, wording } = call;
  const entries = await listShelf(wording.shelf, context);
  const wanted = wantedName(invocation, wording);
  if (wanted === undefined) {
    if (invocation.options.json) context.output.json(entries.map(({ name, title }) => ({ name, title })));
    else printList(entries, call);
    return 0;
  }
  const found = findEntry(entries, wanted);
  const text = found && await context.readGuide(found.path);
  if (text === undefined) {
    const names = entries.map((entry) => entry.name).join(", ");
    throw new HarnexError("not_found", `no ${wording.noun} called ${quoted(wanted)}; there are: ${names || "none"}`);
  }
  if (invocation.options.json) context.output.json({ name: found?.name, title: found?.title, text });
  else await page(text, context);
  return 0;
}

/** undefined asks for the list. */
function wantedName(invocation: TextsInvocation, wording: Wording): string | undefined {
  const { first, second } = invocation.arguments;
  if (first === "show") {
    if (second !== undefined) return second;
    throw new HarnexError(
      "usage",
      `missing argument: the ${wording.noun} to show; harnex ${wording.command} lists them`,
    );
  }
  if (second !== undefined) {
    throw new HarnexError("usage", `needless argument: ${wording.command} does not take ${quoted(second)} there`);
  }
  if (first === undefined && !invocation.options.json) return wording.first;
  return first === "list" ? undefined : first;
}

function printList(entries: readonly GuideEntry[], call: { context: CommandContext; wording: Wording }): void {
  const width = Math.max(0, ...entries.map((entry) => entry.name.length));
  for (const { name, title } of entries) call.context.output.line(`${name.padEnd(width)}  ${title}`);
  call.context.output.note(`Read one with: harnex ${call.wording.command} show NAME`);
}
