/** The embedded texts: which files are guides for agents, recipes or texts for people, and finding one by name. */

import type { ProgramContext } from "./context.ts";

export type Shelf = "guides" | "recipes" | "topics";

export interface GuideEntry {
  /** file name without extension: `01_dispatch` */
  readonly name: string;
  /** below `guides/` */
  readonly path: string;
  /** the text's heading */
  readonly title: string;
}

/** What `guide` prints when nothing is named; listed first. */
export const GETTING_STARTED = "getting_started";
/** Numbered files are for agents; the others, the references among them, for people. */
const PLACES: Readonly<Record<Shelf, RegExp>> = {
  guides: /^(\d\d_[^/]+)\.md$/,
  recipes: /^recipes\/(\d\d_[^/]+)\.md$/,
  topics: /^([a-z][^/]*)\.md$/,
};

/** What stands on a shelf, in the order of its names. */
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

/** By whole name, then by its beginning, then by a part of it; the number may be left out. */
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
