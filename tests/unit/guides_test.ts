/**
 * The texts that people and agents read: this version accepts every command in them, and the program finds and
 * prints them. tests/process/guides_test.ts runs the recorded examples.
 */

import type { ProgramContext } from "../../src/cli/context.ts";
import { renderOverview } from "../../src/cli/ui/help.ts";
import { createOutput } from "../../src/cli/ui/output.ts";
import { runProgram, TABLE } from "../../src/cli/program.ts";
import type { EventBody } from "../../src/model/events.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { listFences, listInlineCode, readRecording } from "../support/examples.ts";
import { AGENTS, captured, COMMANDS } from "../support/program.ts";
import { callsOf } from "../support/shell_words.ts";
import { listFiles, readText } from "../support/tree.ts";

const guides = listFiles(["guides"]);
/** What `guide`, `agents-guide` and `recipes` print on a terminal. */
const printed = guides.filter((path) => /^guides\/(?:getting_started|\d\d_\w+|recipes\/\d\d_\w+)\.md$/.test(path));
const texts = ["README.md", "AGENTS.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md", ...guides];

/** Thrown when a command body starts to work: its command line was accepted. */
const BEYOND = "this test has no world";
function forbidden(): never {
  throw new Error(BEYOND);
}

/** Runs a command line up to its first effect; only the guides can be read. */
async function tryOut(argv: readonly string[]): Promise<{ accepted: boolean; stdout: string; stderr: string }> {
  const { sinks, texts: out } = captured();
  const env = { HARNEX_STATE_DIR: "/nowhere" };
  const partial: Partial<Platform> = { env };
  const platform = new Proxy(partial, {
    get: (target, name) => name === "env" ? target.env : forbidden(),
  });
  const context: ProgramContext = {
    // deno-lint-ignore no-explicit-any
    platform: platform as any,
    output: createOutput({ sinks, columns: undefined, stdoutIsTerminal: false, stderrIsTerminal: false, env }),
    cwd: "/",
    readAllStdin: forbidden,
    listAgents: () => Promise.resolve(AGENTS),
    listIds: forbidden,
    listGuides: () => Promise.resolve(guides.map((path) => path.slice("guides/".length))),
    readGuide: (path) => Promise.resolve(guides.includes(`guides/${path}`) ? readText(`guides/${path}`) : undefined),
  };
  const code = await runProgram(argv, context);
  const { stdout, stderr } = out();
  return { accepted: code === 0 || stderr.includes(BEYOND), stdout, stderr };
}

interface Call {
  where: string;
  argv: string[];
  /** in running text: it may omit required options */
  mention?: true;
}

function callsInMarkdown(path: string): Call[] {
  const markdown = readText(path);
  const found: Call[] = [];
  const add = (text: string, line: number, how: Pick<Call, "mention"> = {}) => {
    for (const program of ["harnex", "./harnexw"]) {
      for (const argv of callsOf(program, text)) found.push({ where: `${path}:${line}`, argv, ...how });
    }
    for (const [command, , program, ...argv] of callsOf("deno", text)) {
      if (command === "run" && program === "src/main.ts") found.push({ where: `${path}:${line}`, argv, ...how });
    }
  };
  for (const fence of listFences(markdown)) {
    if (fence.language === "sh" || fence.language === "make") add(fence.lines.join("\n"), fence.line);
    if (fence.language === "console") {
      for (const { command, line } of readRecording(fence)) add(command, line);
    }
    // Prompts and task files have commands on separate lines.
    if (fence.language === "text" || fence.language === "console") {
      fence.lines.forEach((text, index) => {
        if (/^ {4}harnex /.test(text) && !isCut(text)) add(text, fence.line + index);
      });
    }
  }
  for (const { text, line } of listInlineCode(markdown)) {
    if (text.startsWith("harnex ") && !isCut(text)) add(text, line, { mention: true });
  }
  return found;
}

/** A pattern instead of a command, or one that continues on the next line. */
function isCut(text: string): boolean {
  return /[<>[\]…]|\.\.\.|\\$/.test(text) || (text.split('"').length - 1) % 2 === 1;
}

function callsInHelp(): Call[] {
  const lines = renderOverview(TABLE.rows).split("\n").filter((line) => /^ {2}harnex (?!.* {2})/.test(line));
  const overview = lines.flatMap((line) => callsOf("harnex", line)).map((argv) => ({ where: "overview", argv }));
  const commands = COMMANDS.flatMap(({ name, examples }) =>
    examples.flatMap(({ command }) => callsOf("harnex", command).map((argv) => ({ where: `help ${name}`, argv })))
  );
  return [...overview, ...commands];
}

Deno.test("this version accepts every command in README, guides and help", async () => {
  const calls = [...texts.flatMap(callsInMarkdown), ...callsInHelp()];
  // Each kind of place is read: examples, recorded terminals, make, prompts, inline code, help.
  const places = [
    { where: "README.md", word: "--auto-stop" },
    { where: "guides/01_dispatch.md", word: "w-i-12" },
    { where: "guides/embedding.md", word: "cl-review" },
    { where: ".github/CONTRIBUTING.md", word: "rec-1" },
    { where: "guides/03_buddy.md", word: "cl-i-20" },
    { where: "guides/getting_started.md", word: "explain" },
    { where: "help send", word: "send" },
  ];
  const isRead = ({ where, word }: { where: string; word: string }) =>
    calls.some((call) => call.where.startsWith(where) && call.argv.includes(word));
  deepEqual(places.filter((place) => !isRead(place)), []);
  const refused: string[] = [];
  for (const { where, argv, mention } of calls) {
    const { accepted, stderr } = await tryOut(argv);
    if (mention && /required, but not given|missing argument/.test(stderr)) continue;
    if (!accepted) refused.push(`${where}: harnex ${argv.join(" ")}\n  ${stderr.trim()}`);
  }
  deepEqual(refused, []);
});

Deno.test("tryOut() refuses a command that this version does not accept", async () => {
  const wrong = [
    ["frobnicate"],
    ["run", "codex", "--auto-stop"],
    ["run", "--no-such-flag", "codex"],
    ["send", "--id", "a", "--no-such-flag", "text"],
    ["wait", "--until", "done"],
    ["status", "--no-such-flag"],
    ["agents-guide", "nothing"],
  ];
  for (const argv of wrong) equal((await tryOut(argv)).accepted, false, argv.join(" "));
});

/** Options of other programs that the texts name. */
const FOREIGN = ["--pdeathsig", "--config", "--no-code-cache", "--expose-gc"];

Deno.test("every option that README and guides name exists", () => {
  const own = COMMANDS.flatMap(({ options }) => options).flatMap(({ long, negatable, aliases }) => [
    `--${long}`,
    ...(negatable ? [`--no-${long}`] : []),
    ...Object.keys(aliases ?? {}).map((name) => `--${name}`),
  ]);
  const known = new Set([...own, ...FOREIGN, "--help", "--version"]);
  const unknown = texts.flatMap((path) =>
    listInlineCode(readText(path)).flatMap(({ text, line }) =>
      text.startsWith("--") && !known.has(/^--[\w-]+/.exec(text)?.[0] ?? "") ? [`${path}:${line}: ${text}`] : []
    )
  );
  deepEqual(unknown, []);
});

Deno.test("printed guides fit into 80 columns, without trailing blanks", () => {
  const wrong = printed.flatMap((path) =>
    readText(path).split("\n").flatMap((line, index) =>
      [...line].length > 80 || line !== line.trimEnd() ? [`${path}:${index + 1}: ${line}`] : []
    )
  );
  deepEqual(wrong, []);
});

Deno.test("each guide for agents has a purpose, an example, mistakes and a check list", () => {
  for (const path of printed.filter((name) => !name.endsWith("getting_started.md"))) {
    const text = readText(path);
    match(text, /^# .+\n\nUse (?:this|a buddy|it) (?:when|for|before)\b/, path);
    match(text, /```console\n\$ /, path);
    match(text, /\n## Mistakes\n/, path);
    match(text, /\n## (?:Before you go on, verify|Verify)\n\n- /, path);
  }
});

Deno.test("guide, agents-guide and recipes find every text", async () => {
  const show = async (...argv: string[]) => {
    const { accepted, stdout, stderr } = await tryOut(argv);
    ok(accepted, stderr);
    return stdout;
  };
  equal(await show("guide"), readText("guides/getting_started.md"));
  const topics: { name: string }[] = JSON.parse(await show("guide", "list", "--json"));
  const files = guides.flatMap((path) => /^guides\/([a-z]\w*)\.md$/.exec(path)?.[1] ?? []).sort();
  deepEqual(topics.map(({ name }) => name), ["getting_started", ...files.filter((name) => name !== "getting_started")]);
  for (const { name } of topics) equal(await show("guide", name), readText(`guides/${name}.md`));
  const shelves = { "agents-guide": "guides", recipes: "guides/recipes" };
  const names = {
    "agents-guide": ["01_dispatch", "02_chain", "03_buddy", "04_monitoring", "05_naming"],
    recipes: ["01_fire_and_watch", "02_chain_implement", "03_buddy"],
  };
  for (const command of ["agents-guide", "recipes"] as const) {
    const listed: { name: string }[] = JSON.parse(await show(command, "list", "--json"));
    deepEqual(listed.map(({ name }) => name), names[command]);
    for (const name of names[command]) {
      const text = readText(`${shelves[command]}/${name}.md`);
      equal(await show(command, "show", name), text);
      equal(await show(command, name.slice(3)), text);
    }
  }
});

Deno.test("README has a row for every command, and events.md one for every type", () => {
  const commands = [...readText("README.md").matchAll(/^\| `([a-z-]+)` +\|/gm)].map((row) => row[1]);
  deepEqual(commands, COMMANDS.filter(({ name }) => !name.startsWith("__")).map(({ name }) => name));
  const rows = [...readText("guides/events.md").matchAll(/^\| `(\w+)` +\|/gm)].map((row) => row[1] ?? "");
  const listed = Object.keys(EVENT_TYPES).filter((type) => !OF_WATCH_MODE.includes(type));
  deepEqual(listed.filter((type) => !rows.includes(type)), []);
  for (const type of OF_WATCH_MODE) ok(readText("guides/events.md").includes(`\`${type}\``), type);
});

/** The compiler wants each event type of the log here, and no other. */
const EVENT_TYPES = {
  started: true,
  state: true,
  queued: true,
  send: true,
  failed: true,
  expired: true,
  dropped: true,
  turn_started: true,
  item_completed: true,
  task_complete: true,
  task_failed: true,
  blocked: true,
  answered: true,
  approval: true,
  disconnected: true,
  compaction: true,
  stop_requested: true,
  log_idle: true,
  resume: true,
  log_active: true,
  usage: true,
  git: true,
  summary: true,
  exited: true,
} satisfies Record<EventBody["type"], true>;
/** They stand in a paragraph of their own, below the table. */
const OF_WATCH_MODE = ["log_idle", "resume", "log_active"];

Deno.test("callsOf() finds the calls of a program in shell text", () => {
  const text = [
    "for n in 1 2; do harnex run claude --id \"cl-$n\" --context 'a b' > /dev/null || return; done",
    'x=$(harnex status --json | grep "y") # harnex nothing',
    "A=1 harnex send --id a \\\n  --message it\\'s 2>&1 < note.md",
    "cat > a.md <<'EOF'\nharnex not this\nEOF",
    "cat > a.sh <<'EOF'\nharnex stop --all\nEOF",
    "echo harnex",
  ].join("\n");
  deepEqual(callsOf("harnex", text), [
    ["run", "claude", "--id", "cl-1", "--context", "a b"],
    ["status", "--json"],
    ["send", "--id", "a", "--message", "it's"],
    ["stop", "--all"],
  ]);
});
