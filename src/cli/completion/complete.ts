/**
 * Finds what can stand at the cursor: commands, options, values. Every shell asks this function; shells.ts knows the
 * differences between them.
 */

import { assertNever } from "../../model/never.ts";
import type { CommandContext } from "../context.ts";
import type { ArgumentSpec } from "../parser/argument.ts";
import { type CommandDescription, isHidden, type NamedOption } from "../parser/description.ts";
import { createGrammar } from "../parser/grammar.ts";
import type { CompletionSource } from "../parser/option.ts";
import { listShelf } from "../texts.ts";

/** The words after `harnex` up to the cursor. */
export interface UnfinishedLine {
  readonly before: readonly string[];
  /** the word at the cursor, as far as it is typed */
  readonly current: string;
}

export interface Candidate {
  readonly value: string;
  readonly help?: string;
}

export type Offer =
  /** `start` comes before every value in the current word: `--id=` */
  | { kind: "words"; candidates: readonly Candidate[]; start: string }
  /** completed by the shell itself */
  | { kind: "files" }
  | { kind: "directories" };

const NOTHING: Offer = { kind: "words", candidates: [], start: "" };

/** The options of the overview and of every command, which no table holds. */
const TOP_LEVEL: readonly Candidate[] = [
  { value: "--help", help: "print this overview" },
  { value: "--version", help: "print the version" },
];
const HELP: Candidate = { value: "--help", help: "print this help" };

export async function complete({ before, current }: UnfinishedLine, context: CommandContext): Promise<Offer> {
  const [name, ...words] = before;
  if (name === undefined) return { kind: "words", candidates: [...listCommands(context), ...TOP_LEVEL], start: "" };
  const command = isHidden(name) ? undefined : await context.commands.find(name);
  if (command === undefined) return NOTHING;
  const place = placeAfter(words, { command, agents: command.words === "agent" ? await context.listAgents() : [] });
  switch (place.kind) {
    case "value":
      return await offerFor(place.option, { start: "", context });
    case "word":
      return await offerFor(place.argument, { start: "", context });
    case "option or word":
      if (!current.startsWith("-")) return await offerFor(place.argument, { start: "", context });
      return await offerOption(current, { command, context });
    default:
      return assertNever(place);
  }
}

function listCommands({ commands }: CommandContext): Candidate[] {
  const shown = commands.rows.filter(({ name }) => !isHidden(name));
  return shown.map(({ name, summary }) => ({ value: name, help: summary }));
}

/** The possible meanings of the word at the cursor. */
type Place =
  | { kind: "value"; option: NamedOption }
  | { kind: "option or word"; argument: ArgumentSpec<unknown> | undefined }
  | { kind: "word"; argument: ArgumentSpec<unknown> | undefined };

/** Reads the words before the cursor. The line is not finished, so errors are ignored. */
function placeAfter(
  words: readonly string[],
  { command, agents }: { command: CommandDescription; agents: readonly string[] },
): Place {
  const grammar = createGrammar(command.options);
  const argumentAt = (position: number) => {
    const last = command.arguments.at(-1);
    return command.arguments[position] ?? (last?.variadic ? last : undefined);
  };
  let position = 0;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "--") return { kind: "word", argument: argumentAt(position + words.length - index - 1) };
    const found = word.startsWith("-") ? grammar.find(word, "whole") : undefined;
    if (found?.kind !== "option") {
      if (!word.startsWith("-")) position++;
      continue;
    }
    const { option, inline } = found.match;
    const next = words[index + 1];
    if (inline !== undefined || option.takes === "nothing") continue;
    if (option.takes === "value") {
      if (next === undefined) return { kind: "value", option };
      if (!grammar.isNoValue(next)) index++;
    } else if (next !== undefined && !next.startsWith("-") && !agents.includes(next)) index++;
  }
  return { kind: "option or word", argument: argumentAt(position) };
}

/** For a word that begins with a dash: the options, or the values of the one that is named before `=`. */
async function offerOption(
  current: string,
  { command, context }: { command: CommandDescription; context: CommandContext },
): Promise<Offer> {
  const [start] = /^--[^=]+=/.exec(current) ?? [];
  if (start === undefined) {
    const candidates = command.options.flatMap((option) =>
      spellingsOf(option).map((value) => ({ value, help: option.help }))
    );
    return { kind: "words", candidates: [...candidates, HELP], start: "" };
  }
  const found = createGrammar(command.options).find(current, "whole");
  if (found.kind !== "option") return NOTHING;
  const { option } = found.match;
  const target = command.options.find(({ long }) => long === option.valueGoesTo) ?? option;
  return target.takes === "nothing" ? NOTHING : await offerFor(target, { start, context });
}

/** Every spelling of an option, with dashes. */
function spellingsOf({ long, negatable, aliases }: NamedOption): string[] {
  const names = [long, ...(negatable ? [`no-${long}`] : []), ...Object.keys(aliases ?? {})];
  return names.map((name) => `--${name}`);
}

async function offerFor(
  described: Pick<NamedOption | ArgumentSpec<unknown>, "choices" | "suggestions" | "completes"> | undefined,
  { start, context }: { start: string; context: CommandContext },
): Promise<Offer> {
  if (described === undefined) return NOTHING;
  const { completes } = described;
  const words = described.choices ?? described.suggestions;
  if (words !== undefined) return { kind: "words", candidates: words.map((value) => ({ value })), start };
  if (completes === undefined) return NOTHING;
  if (completes === "files" || completes === "directories") return { kind: completes };
  return { kind: "words", candidates: await listFrom(completes, context), start };
}

async function listFrom(
  source: Exclude<CompletionSource, "files" | "directories">,
  context: CommandContext,
): Promise<Candidate[]> {
  switch (source) {
    case "ids":
      return (await context.listIds()).map((value) => ({ value }));
    case "agents":
      return (await context.listAgents()).map((value) => ({ value }));
    case "commands":
      return listCommands(context);
    case "guides":
    case "recipes":
    case "topics":
      return (await listShelf(source, context)).map(({ name, title }) => ({ value: name, help: title }));
    default:
      return assertNever(source);
  }
}
