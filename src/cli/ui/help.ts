/** Renders help from the descriptions of the commands: the overview, and everything about one command. Pure text. */

import type { ArgumentSpec } from "../parser/argument.ts";
import { type CommandDescription, type CommandSummary, isHidden, type NamedOption } from "../parser/description.ts";

/** The maximum length of a line: the width of the narrowest common terminal. */
export const HELP_WIDTH = 80;
/** The column of the descriptions. A longer option gets its own line. */
const OPTION_COLUMN = 26;
const STATUS_COLUMN = 7;

export function renderOverview(commands: readonly CommandSummary[]): string {
  const shown = commands.filter((command) => !isHidden(command.name));
  const column = Math.max(...shown.map((command) => command.name.length)) + 4;
  return [
    "harnex runs AI coding agents and any other terminal program in sessions that",
    "people and scripts can watch, send messages to, wait for and stop.",
    "",
    "Usage: harnex <command> [options]",
    "",
    "Commands:",
    ...shown.flatMap((command) => entry({ term: command.name, text: command.summary, column })),
    "",
    "Options:",
    ...entry({ term: "-h, --help", text: "print this overview", column: column + 2 }),
    ...entry({ term: "-v, --version", text: "print the version", column: column + 2 }),
    "",
    "Common patterns:",
    "  # delegate a task, wait for its end, read the result",
    '  harnex run codex --id cx-1 --detach --context "Fix the build" --auto-stop',
    "  harnex wait --id cx-1 --until done --timeout 30m",
    "  harnex logs --id cx-1 --plain",
    "  # try it first, with a built-in agent",
    "  harnex demo",
    "",
    "Further reading:",
    ...entry({ term: "harnex guide", text: "getting started, and the references", column: 27 }),
    ...entry({ term: "harnex agents-guide", text: "how to delegate work, for agents", column: 27 }),
    ...entry({ term: "harnex help <command>", text: "the help of one command", column: 27 }),
    "",
    "Gotchas:",
    ...bullet("A session belongs to the repository in which it was started. status --all lists all sessions."),
    ...bullet("A finished turn is not accepted work. Check files, tests and git."),
    "",
    "EXIT STATUS",
    ...[
      ["0", "success"],
      ["1", "the command failed"],
      ["2", "the command line is wrong"],
      ["124", "a --timeout expired"],
    ].flatMap(([code, text]) => entry({ term: code ?? "", text: text ?? "", column: STATUS_COLUMN })),
    "",
  ].join("\n");
}

export function renderCommand(command: CommandDescription): string {
  const options = [
    ...command.options.map((option) => [spellOption(option), describeOption(option)] as const),
    [
      "-h, --help",
      "print this help",
    ] as const,
  ];
  const lines = [
    ...command.usage.map((usage, index) => `${index === 0 ? "Usage: " : "       "}harnex ${usage}`),
    "",
    ...wrap(command.paragraph, HELP_WIDTH),
    "",
    ...section("Arguments:", command.arguments.flatMap(argumentEntry)),
    ...section("Options:", options.flatMap(([term, text]) => entry({ term, text, column: OPTION_COLUMN }))),
    ...section(
      "Common patterns:",
      command.examples.flatMap((example) => [`  # ${example.note}`, `  ${example.command}`]),
    ),
    ...section("Gotchas:", command.gotchas.flatMap(bullet)),
    ...section(
      "EXIT STATUS",
      command.exitStatus.flatMap(([term, text]) => entry({ term, text, column: STATUS_COLUMN })),
    ),
  ];
  return lines.join("\n");
}

/** `--tmux [NAME]`, `--relay, --no-relay` */
export function spellOption(option: NamedOption): string {
  const names = [`--${option.long}`];
  if (option.negatable) names.push(`--no-${option.long}`);
  for (const alias of Object.keys(option.aliases ?? {})) names.push(`--${alias}`);
  const placeholder = option.placeholder ?? (option.takes === "value" ? "VALUE" : undefined);
  const value = placeholder === undefined ? "" : option.takes === "value" ? ` ${placeholder}` : ` [${placeholder}]`;
  return names.join(", ") + value;
}

function describeOption(option: NamedOption): string {
  const facts = [
    ...(option.required ? ["required"] : []),
    ...(option.defaultText === undefined ? [] : [`default: ${option.defaultText}`]),
    ...(option.env === undefined ? [] : [`env: ${option.env}`]),
  ];
  return facts.length === 0 ? option.help : `${option.help} (${facts.join("; ")})`;
}

function argumentEntry(argument: ArgumentSpec<unknown>): string[] {
  const name = argument.variadic ? `${argument.placeholder}...` : argument.placeholder;
  const term = argument.required ? `<${name}>` : `[${name}]`;
  return entry({ term, text: argument.help, column: OPTION_COLUMN });
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines, ""];
}

function bullet(text: string): string[] {
  return wrap(text, HELP_WIDTH - 4).map((line, index) => `${index === 0 ? "  - " : "    "}${line}`);
}

/** A term and its text side by side; the text is wrapped within its column. */
function entry(row: { term: string; text: string; column: number }): string[] {
  const indent = " ".repeat(row.column);
  const head = `  ${row.term}`;
  const text = wrap(row.text, HELP_WIDTH - row.column);
  if (head.length > row.column - 2) return [head, ...text.map((line) => indent + line)];
  return text.map((line, index) => (index === 0 ? head.padEnd(row.column) : indent) + line);
}

/** Lines of at most `width` characters, broken only at blanks. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
