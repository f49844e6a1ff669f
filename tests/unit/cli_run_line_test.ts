/** Reading the line of `run`: which words are harnex's, which is the cli, and which are the agent's. */

import fc from "fast-check";
import { readRunLine } from "../../src/cli/parser/run_line.ts";
import { HarnexError, messageOf } from "../../src/model/errors.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { assertNothingLost, optionWords, tokenOf } from "../support/command_line.ts";
import { COMMANDS } from "../support/program.ts";

const OPTIONS = COMMANDS.find(({ name }) => name === "run")?.options ?? [];
const RUN = { options: OPTIONS, agents: ["codex", "claude"] };

function split(argv: readonly string[]): string[] | string {
  try {
    const { help, options, words } = readRunLine(argv, RUN);
    return [...(help ? ["HELP"] : []), ...options.map(tokenOf), "|", ...words];
  } catch (error) {
    if (error instanceof HarnexError && error.code === "usage") return messageOf(error);
    throw error;
  }
}

const DASHED = "(a value that begins with a dash is written --id=VALUE)";
const AFTER = "Options of the agent go after its name.";

const CASES: Readonly<Record<string, readonly [argv: string, expected: string][]>> = {
  "the cli and its words": [
    ["claude", "| claude"],
    ["claude -p hi --resume 5", "| claude -p hi --resume 5"],
    ["--id w1 claude", "--id=w1 | claude"],
    ["claude --id w1", "--id=w1 | claude"],
    ["claude one --id w1 two --detach three", "--id=w1 --detach | claude one two three"],
    ["claude -- --id w1 -- -h", "| claude --id w1 -- -h"],
    ["--id w1 claude -x -- --detach", "--id=w1 | claude -x --detach"],
    ["claude --id=w1 --frob=1 --frob 2", "--id=w1 | claude --frob=1 --frob 2"],
    ["claude --id a --id b", "--id=a --id=b | claude"],
    ["./my-agent --id w1 -v", "--id=w1 | ./my-agent -v"],
    ["claude - -5", "| claude - -5"],
  ],
  "prefixes are harnex's before the cli only": [
    ["--desc note claude", "--description=note | claude"],
    ["claude --desc note", "| claude --desc note"],
    ["claude --mod x", "| claude --mod x"],
    ["--wat codex", "ambiguous option: --wat (--watch, --watch-file)"],
  ],
  "values": [
    ["--port -5 claude", "--port=-5 | claude"],
    ["--description --foreign claude", "--description=--foreign | claude"],
    ["--id -x claude", `missing argument: --id ID ${DASHED}`],
    ["--id --detach claude", `missing argument: --id ID ${DASHED}`],
    ["claude --id", "missing argument: --id ID"],
    ["claude --id --", "missing argument: --id ID"],
    ["claude --id --watch", `missing argument: --id ID ${DASHED}`],
    ["--detach=yes claude", "needless argument: --detach takes no value"],
  ],
  "unknown flags before the cli": [
    ["--frob codex", `invalid option: --frob. ${AFTER}`],
    ["--detahc codex", `invalid option: --detahc. Did you mean "--detach"? ${AFTER}`],
    ["-p codex", `invalid option: -p. ${AFTER}`],
    ["-5 codex", `invalid option: -5. ${AFTER}`],
  ],
  "help": [
    ["--help", "HELP |"],
    ["-h", "HELP |"],
    ["claude --help", "HELP | claude"],
    ["claude -p -h x", "HELP | claude -p x"],
    ["claude -- --help", "| claude --help"],
    ["--help -- claude", "HELP |"],
  ],
  "no cli": [
    ["", "missing argument: name the agent to run, such as: harnex run codex"],
    ["--id w1", "missing argument: name the agent to run, such as: harnex run codex"],
    ["--id w1 -- claude", 'missing argument: name the agent to run, before "--"'],
  ],
  "--tmux before the cli takes a word only when another is left to be the cli": [
    ["--tmux claude", "--tmux | claude"],
    ["--tmux w1 claude", "--tmux=w1 | claude"],
    ["--tmux=w1 claude", "--tmux=w1 | claude"],
    ["--tmux --id w1 claude", "--tmux --id=w1 | claude"],
    ["--tmux w1 --id x claude", "--tmux=w1 --id=x | claude"],
    ["--tmux claude --id x", "--tmux --id=x | claude"],
    ["--tmux claude -p hi", "--tmux | claude -p hi"],
    ["--tmux claude --resume hi", "--tmux | claude --resume hi"],
    ["--tmux claude -- hi", "--tmux | claude hi"],
    ["--tmux claude fix", "--tmux | claude fix"],
    ["--tmux claude codex", "--tmux=claude | codex"],
    ["--tmux w1 my-agent", "--tmux=w1 | my-agent"],
    ["--tmux w1", "--tmux | w1"],
    ["--tmux w1 --watch codex", "--tmux=w1 --watch | codex"],
    ["--tmux w1 --watch ./t.md codex", "--tmux=w1 --watch-file=./t.md | codex"],
    ["--tmux", "missing argument: name the agent to run, such as: harnex run codex"],
    ["--tmux= claude", 'missing argument: --tmux= needs a value after "="'],
  ],
  "--tmux after the cli takes the next word unless it is a flag": [
    ["claude --tmux", "--tmux | claude"],
    ["claude --tmux w1", "--tmux=w1 | claude"],
    ["claude --tmux --id x", "--tmux --id=x | claude"],
    ["claude --tmux -p", "--tmux | claude -p"],
    ["claude --tmux -- x", "--tmux | claude x"],
    ["claude --tmux=w1 x", "--tmux=w1 | claude x"],
    ["claude --id x --tmux x", "--id=x --tmux=x | claude"],
  ],
  "--watch is a flag, or the old spelling of --watch-file": [
    ["--watch codex", "--watch | codex"],
    ["codex --watch", "--watch | codex"],
    ["codex --watch --preset impl", "--watch --preset=impl | codex"],
    ["codex --watch -- x", "--watch | codex x"],
    ["--watch --id x codex", "--watch --id=x | codex"],
    ["--watch ./t.md codex", "--watch-file=./t.md | codex"],
    ["--watch=./t.md codex", "--watch-file=./t.md | codex"],
    ["codex --watch ./t.md", "--watch-file=./t.md | codex"],
    ["codex --watch=./t.md", "--watch-file=./t.md | codex"],
    ["codex --watch-file ./t.md --watch", "--watch-file=./t.md --watch | codex"],
    ["--watch codex claude", "--watch-file=codex | claude"],
    ["--watch= codex", 'missing argument: --watch= needs a value after "="'],
  ],
};

for (const [group, cases] of Object.entries(CASES)) {
  for (const [argv, expected] of cases) {
    Deno.test(`readRunLine() ${group}: ${argv}`, () => {
      const result = split(argv === "" ? [] : argv.split(" "));
      equal(typeof result === "string" ? result : result.join(" "), expected);
    });
  }
}

Deno.test("readRunLine() never takes text with blanks for the cli that makes a word a value", () => {
  deepEqual(split(["--tmux", "mybot", "write the report"]), ["--tmux", "|", "mybot", "write the report"]);
  deepEqual(split(["--tmux", "my window", "claude"]), ["--tmux=my window", "|", "claude"]);
  deepEqual(split(["--tmux", "w1", "/opt/my agents/bot"]), ["--tmux=w1", "|", "/opt/my agents/bot"]);
  deepEqual(split(["--tmux", "", "claude"]), "the name of the agent to run is empty");
});

const anything = fc.oneof(
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.constantFrom(
    "--",
    "-",
    "-h",
    "-x",
    "--help",
    "--id",
    "--id=a",
    "--tmux",
    "--tmux=",
    "--watch",
    "--watch=p",
    "--detach",
  ),
  fc.constantFrom("--frob", "--frob=1", "codex", "w1", "a b", "", "-5"),
);
/** Words that no option of harnex could be meant by, and no value is asked for by. */
const agentWord = fc.string({ unit: "binary", maxLength: 10 }).filter((word) => {
  const name = /^--([^=]*)/.exec(word)?.[1];
  return word !== "--" && word !== "-h" && name !== "help" && !OPTIONS.some(({ long }) => long === name);
});

Deno.test("readRunLine() refuses with usage errors only", () => {
  fc.assert(fc.property(fc.array(anything, { maxLength: 10 }), (argv) => {
    const result = split(argv);
    if (typeof result === "string") equal(result.length < 300, true, result);
  }));
});

Deno.test("readRunLine() keeps the agent's words in order and byte for byte", () => {
  fc.assert(fc.property(fc.array(agentWord, { maxLength: 8 }), (words) => {
    deepEqual(split(["--id", "w1", "claude", ...words]), ["--id=w1", "|", "claude", ...words]);
    const around = words.flatMap((word) => [word, "--detach"]);
    deepEqual(split(["claude", ...around]), [...words.map(() => "--detach"), "|", "claude", ...words]);
  }));
});

Deno.test("readRunLine() leaves everything after -- to the agent", () => {
  fc.assert(fc.property(fc.array(anything, { maxLength: 8 }), (words) => {
    deepEqual(split(["claude", "--id=w1", "--", ...words]), ["--id=w1", "|", "claude", ...words]);
  }));
});

Deno.test("readRunLine() keeps what is canonical already", () => {
  fc.assert(fc.property(fc.array(anything, { maxLength: 8 }), (argv) => {
    const once = split(argv);
    if (typeof once === "string" || once[0] === "HELP") return;
    const bar = once.indexOf("|");
    const [cli = "", ...words] = once.slice(bar + 1);
    // A lone dash tells nothing, and a bare name with blanks is only the cli where nothing else can be.
    if (cli.startsWith("-") || /\s/.test(cli)) return;
    deepEqual(split([...once.slice(0, bar), cli, "--", ...words]), once);
  }));
});

Deno.test("readRunLine() puts every word into exactly one place: an option's value, the cli or an agent's word", () => {
  fc.assert(fc.property(optionWords(OPTIONS), (argv) => assertNothingLost(argv, () => readRunLine(argv, RUN))));
});
