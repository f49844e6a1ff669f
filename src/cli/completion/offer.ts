/** What a completion script can offer for each option and argument, read from the descriptions; shell-independent. */

import type { ArgumentSpec } from "../parser/argument.ts";
import { type CommandDescription, isHidden, type NamedOption } from "../parser/description.ts";
import type { CompletionSource } from "../parser/option.ts";

export type Offer =
  | { kind: "words"; words: readonly string[] }
  /** what `harnex __complete SOURCE` prints */
  | { kind: "live"; source: string }
  | { kind: "files" }
  | { kind: "directories" }
  /** a value that nobody can guess */
  | { kind: "nothing" };

export function offerFor(
  described: Pick<NamedOption | ArgumentSpec<unknown>, "choices" | "suggestions" | "completes">,
): Offer {
  const words = described.choices ?? described.suggestions;
  if (words !== undefined) return { kind: "words", words };
  return described.completes === undefined ? { kind: "nothing" } : offerFrom(described.completes);
}

function offerFrom(source: CompletionSource): Offer {
  if (source === "files" || source === "directories") return { kind: source };
  return { kind: "live", source };
}

/** What stands in for words that are no options; all of a command's arguments at once. */
export function offersForWords(command: CommandDescription): Offer[] {
  const offers = command.arguments.map(offerFor).filter((offer) => offer.kind !== "nothing");
  const unique = new Map(offers.map((offer) => [JSON.stringify(offer), offer]));
  return [...unique.values()];
}

/** The options that take a value, by what the script does to offer one. */
export function actionsForValues(
  command: CommandDescription,
  actionFor: (offer: Offer) => string,
): Map<string, string[]> {
  const actions = new Map<string, string[]>();
  for (const option of command.options.filter((candidate) => candidate.takes === "value")) {
    const action = actionFor(offerFor(option));
    actions.set(action, [...actions.get(action) ?? [], ...spellingsOf(option)]);
  }
  return actions;
}

/** Every spelling of an option, with dashes. */
export function spellingsOf(option: NamedOption): string[] {
  const names = [option.long, ...(option.negatable ? [`no-${option.long}`] : []), ...Object.keys(option.aliases ?? {})];
  return names.map((name) => `--${name}`);
}

export function shownCommands(commands: readonly CommandDescription[]): readonly CommandDescription[] {
  return commands.filter((command) => !isHidden(command.name));
}
