/** The embedded texts (guides for agents, recipes, texts for users): finds, lists and prints them. */

import { HarnexError } from "../model/errors.ts";
import { quoted } from "../text/visible.ts";
import type { CommandContext, ProgramContext } from "./context.ts";
import { optionalWord } from "./parser/argument.ts";
import type { Invocation } from "./parser/command.ts";
import { flag, type ValuesOf } from "./parser/option.ts";
import { page } from "./ui/pager.ts";

export type Shelf = "guides" | "recipes" | "topics";

export interface GuideEntry {
  /** file name without extension: `01_dispatch` */
  readonly name: string;
  /** below `guides/` */
  readonly path: string;
  /** the text's heading */
  readonly title: string;
}

/** The text that `guide` prints without a topic; listed first. */
export const GETTING_STARTED = "getting_started";
/** Numbered files are guides for agents; the others are for users. */
const PLACES: Readonly<Record<Shelf, RegExp>> = {
  guides: /^(\d\d_[^/]+)\.md$/,
  recipes: /^recipes\/(\d\d_[^/]+)\.md$/,
  topics: /^([a-z][^/]*)\.md$/,
};

/** The texts of a shelf, in the order of their names. */
export async function listShelf(
  shelf: Shelf,
  source: Pick<ProgramContext, "listGuides" | "readGuide">,
): Promise<GuideEntry[]> {
  const entries: GuideEntry[] = [];
  for (const path of await source.listGuides()) {
    const name = PLACES[shelf].exec(path)?.[1];
    if (name === undefined) continue;
    const text = await source.readGuide(path) ?? "";
    entries.push({ name, path, title: /^#\s+(.+)$/m.exec(text)?.[1]?.trim() ?? name });
  }
  const place = ({ name }: GuideEntry) => name === GETTING_STARTED ? "" : name;
  return entries.sort((one, other) => place(one) < place(other) ? -1 : 1);
}

/** Finds a text by its whole name, then by a prefix, then by a part of the name. The number is optional. */
export function findEntry(entries: readonly GuideEntry[], wanted: string): GuideEntry | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll("-", "_").replace(/\.md$/, "");
  const word = plain(wanted);
  if (word === "") return undefined;
  const unnumbered = (name: string) => name.replace(/^\d\d_/, "");
  const tests: readonly ((name: string) => boolean)[] = [
    (name) => name === word || unnumbered(name) === word,
    (name) => name.startsWith(word) || unnumbered(name).startsWith(word),
    (name) => name.includes(word),
  ];
  for (const test of tests) {
    const found = entries.find((entry) => test(plain(entry.name)));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The options and arguments that the three commands share. */
export const TEXTS_OPTIONS = { json: flag("print the list as a JSON array, or a text as {name, title, text}") };

export const NAME_GOTCHA = "A name matches as a whole, then as a prefix, then as a part: dispatch finds 01_dispatch.";
export const PAGER_GOTCHA =
  "On a terminal the text opens in PAGER (default: less). PAGER=cat prints it directly. In a pipe it is plain text.";

export function textsArguments(completes: Shelf) {
  return {
    first: optionalWord({
      placeholder: "topic",
      completes,
      help: "a name, its prefix or a part of it; or list, show",
    }),
    second: optionalWord({ placeholder: "topic", completes, help: "after show: the name" }),
  };
}

type TextsInvocation = Invocation<ValuesOf<typeof TEXTS_OPTIONS>, ValuesOf<ReturnType<typeof textsArguments>>>;

interface Wording {
  readonly shelf: Shelf;
  readonly command: string;
  readonly noun: string;
  /** the text to print without a name; by default the list */
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

/** undefined stands for the list. */
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
