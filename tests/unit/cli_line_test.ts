/** Reading a command line: what a person types becomes options and arguments, or one usage error. */

import fc from "fast-check";
import { readLine } from "../../src/cli/parser/line.ts";
import { HarnexError, messageOf } from "../../src/model/errors.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { assertNothingLost, optionWords, tokenOf } from "../support/command_line.ts";
import { COMMANDS } from "../support/program.ts";

const optionsOf = (name: string) => COMMANDS.find((command) => command.name === name)?.options ?? [];

/** `command words…` → canonical tokens, `--`, words; or the message it is refused with. */
function canonical(command: string, argv: readonly string[]): string[] | string {
  try {
    const { help, options, words } = readLine(argv, optionsOf(command));
    return [...(help ? ["HELP"] : []), ...options.map(tokenOf), "--", ...words];
  } catch (error) {
    if (error instanceof HarnexError && error.code === "usage") return messageOf(error);
    throw error;
  }
}

const CASES: [command: string, argv: string[], expected: string[] | string][] = [
  ["wait", ["--id", "a", "--until", "prompt"], ["--id=a", "--until=prompt", "--"]],
  ["wait", ["--unt=prompt", "--id=a"], ["--until=prompt", "--id=a", "--"]],
  ["wait", ["--i", "a", "--ti", "5"], ["--id=a", "--timeout=5", "--"]],
  ["wait", ["--id", "a", "--id", "b", "--an"], ["--id=a", "--id=b", "--any", "--"]],
  ["wait", ["--id=", "--until="], ["--id=", "--until=", "--"]],
  ["wait", ["--id=a=b=c"], ["--id=a=b=c", "--"]],
  ["send", ["hello", "--id", "a", "world"], ["--id=a", "--", "hello", "world"]],
  ["send", ["--id", "a", "--", "--force", "-x", "--"], ["--id=a", "--", "--force", "-x", "--"]],
  ["send", ["--id", "a", "-", "-5", "- item", "-"], ["--id=a", "--", "-", "-5", "- item", "-"]],
  ["send", ["--id", "-5"], ["--id=-5", "--"]],
  ["send", ["--message", "--foreign", "--id", "a"], ["--message=--foreign", "--id=a", "--"]],
  ["send", ["--message", "-rf is dangerous", "--id", "a"], ["--message=-rf is dangerous", "--id=a", "--"]],
  ["send", ["--message", ""], ["--message=", "--"]],
  ["send", ["--message=-x"], ["--message=-x", "--"]],
  ["send", ["--relay", "--no-relay"], ["--relay", "--no-relay", "--"]],
  ["send", ["--rel"], ["--relay", "--"]],
  ["send", ["--no-s"], ["--no-submit", "--"]],
  ["events", ["--snap", "--id", "a"], ["--no-follow", "--id=a", "--"]],
  ["events", ["--no-f", "--follow"], ["--no-follow", "--follow", "--"]],
  ["stop", ["-h"], ["HELP", "--"]],
  ["stop", ["--id", "a", "--help"], ["HELP", "--id=a", "--"]],
  ["stop", ["--he"], ["HELP", "--"]],
  ["stop", ["--", "--help"], ["--", "--help"]],

  ["wait", ["--id"], "missing argument: --id ID"],
  ["wait", ["--id", "--"], "missing argument: --id ID"],
  ["send", ["--id", "-x"], "missing argument: --id ID (a value that begins with a dash is written --id=VALUE)"],
  ["send", ["--id", "-detach"], "missing argument: --id ID (a value that begins with a dash is written --id=VALUE)"],
  [
    "send",
    ["--message", "--force"],
    "missing argument: --message TEXT (a value that begins with a dash is written --message=VALUE)",
  ],
  [
    "send",
    ["--message", "--force=1"],
    "missing argument: --message TEXT (a value that begins with a dash is written --message=VALUE)",
  ],
  [
    "send",
    ["--message", "--help"],
    "missing argument: --message TEXT (a value that begins with a dash is written --message=VALUE)",
  ],
  ["send", ["--force=1"], "needless argument: --force takes no value"],
  ["send", ["--no-relay="], "needless argument: --no-relay takes no value"],
  ["send", ["--no"], "ambiguous option: --no (--no-wait, --no-submit, --no-relay)"],
  ["wait", ["--a"], "ambiguous option: --a (--any, --all)"],
  ["status", ["--jsno"], 'invalid option: --jsno. Did you mean "--json"?'],
  ["status", ["--x"], "invalid option: --x"],
  ["status", ["-x"], "invalid option: -x"],
  ["status", ["--=x"], "invalid option: --"],
  ["status", ["--\x1b[31mred\nline=secret"], String.raw`invalid option: --\x1b[31mred\nline`],
];

for (const [command, argv, expected] of CASES) {
  Deno.test(`readLine() ${command} ${JSON.stringify(argv)}`, () => deepEqual(canonical(command, argv), expected));
}

const commandName = fc.constantFrom(...COMMANDS.filter(({ words }) => words === undefined).map(({ name }) => name));
const token = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom(
    "--",
    "-",
    "-h",
    "--help",
    "--id",
    "--id=",
    "--id=x",
    "--no",
    "--a",
    "--force",
    "--message",
    "-5",
    "-x",
    "--=",
    "--%",
  ),
);

Deno.test("readLine() refuses with usage errors of one short line and never throws anything else", () => {
  fc.assert(fc.property(commandName, fc.array(token, { maxLength: 8 }), (command, argv) => {
    const result = canonical(command, argv);
    if (typeof result !== "string") return;
    equal(result.length < 300, true, result);
    // deno-lint-ignore no-control-regex
    equal(/[\x00-\x1f\x7f-\x9f]/.test(result), false, result);
  }));
});

Deno.test("readLine() leaves everything after -- as it is", () => {
  const tail = fc.array(fc.string({ unit: "binary" }), { maxLength: 6 });
  fc.assert(fc.property(commandName, tail, (command, words) => {
    deepEqual(canonical(command, ["--", ...words]), ["--", ...words]);
  }));
});

Deno.test("readLine() keeps what is canonical already", () => {
  fc.assert(fc.property(commandName, fc.array(token, { maxLength: 8 }), (command, argv) => {
    const once = canonical(command, argv);
    if (typeof once === "string" || once[0] === "HELP") return;
    deepEqual(canonical(command, once), once);
  }));
});

Deno.test("readLine() puts every word into exactly one place: an option's value or an argument", () => {
  fc.assert(
    fc.property(
      commandName.chain((command) => fc.tuple(fc.constant(command), optionWords(optionsOf(command)))),
      ([command, argv]) => {
        assertNothingLost(argv, () => readLine(argv, optionsOf(command)));
      },
    ),
  );
});
