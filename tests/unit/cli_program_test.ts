/** The program from words to exit code: what commands are given, how errors read, where help goes. */

import { RELEASED, VERSION } from "../../src/model/version.ts";
import { deepEqual, equal, match, throws } from "../support/assert.ts";
import { COMMANDS, type ProgramOptions, readInProcess, runInProcess } from "../support/program.ts";
import { readText } from "../support/tree.ts";

const RUN_DEFAULTS = {
  detach: false,
  autoStop: false,
  approvals: "auto",
  trust: false,
  timeout: { ms: 5_000 },
  inboxTtl: { ms: 120_000 },
  host: "127.0.0.1",
  watch: false,
  legacyPty: false,
};

Deno.test("run takes a blank description and summary path for none, and an id without the blanks around it", () => {
  const argv = ["run", "--description", "  ", "--summary-out", "", "--id", " pad ", "claude"];
  deepEqual(readInProcess(argv), {
    options: { ...RUN_DEFAULTS, id: "pad" },
    arguments: { cli: "claude", agentWords: [] },
  });
});

Deno.test("run's options reach its body typed", () => {
  deepEqual(readInProcess(["run", "claude"]), {
    options: RUN_DEFAULTS,
    arguments: { cli: "claude", agentWords: [] },
  });
  const argv =
    'run --id w1 --tmux --port 4711 codex --meta {"a":1} -m x --max-runtime 2h --summary-out s --watch-file t';
  deepEqual(readInProcess([...argv.split(" "), "--", "--id", "y"]), {
    options: {
      ...RUN_DEFAULTS,
      id: "w1",
      tmux: true,
      port: 4711,
      meta: { a: 1 },
      maxRuntime: { ms: 7_200_000 },
      summaryOut: "s",
      watchFile: "t",
    },
    arguments: { cli: "codex", agentWords: ["-m", "x", "--id", "y"] },
  });
  const watch = "run codex --watch --preset gate --stall-after 1.5m --max-resumes 0 --id a --id b";
  deepEqual(readInProcess(watch.split(" ")), {
    options: { ...RUN_DEFAULTS, id: "b", watch: true, preset: "gate", stallAfter: { ms: 90_000 }, maxResumes: 0 },
    arguments: { cli: "codex", agentWords: [] },
  });
});

Deno.test("an option's environment variable counts where the option is not given", () => {
  const env = { HARNEX_INBOX_TTL: "7", HARNEX_HOST: "127.0.0.2" };
  deepEqual(readInProcess(["run", "claude", "--host", "::1"], env), {
    options: { ...RUN_DEFAULTS, inboxTtl: { ms: 7_000 }, host: "::1" },
    arguments: { cli: "claude", agentWords: [] },
  });
  throws(() => readInProcess(["run", "claude"], { HARNEX_INBOX_TTL: "soon" }), /HARNEX_INBOX_TTL: expected a duration/);
  deepEqual(readInProcess(["run", "claude"], { HARNEX_INBOX_TTL: "" }), {
    options: RUN_DEFAULTS,
    arguments: { cli: "claude", agentWords: [] },
  });
});

Deno.test("the options of the other commands reach their bodies typed", () => {
  const cases: [line: string, options: Record<string, unknown>, words?: Record<string, unknown>][] = [
    ["send --id a do it", {
      id: "a",
      waitForIdle: false,
      noWait: false,
      timeout: { ms: 120_000 },
      force: false,
      noSubmit: false,
      submitOnly: false,
      verbose: false,
    }, { text: ["do", "it"] }],
    ["wait --id a --id b --all --until done --heartbeat 1m --since 4", {
      id: ["a", "b"],
      all: true,
      any: false,
      next: false,
      until: "done",
      heartbeat: { ms: 60_000 },
      since: 4,
    }],
    ["stop --all --wait --kill-after 2", { all: true, wait: true, killAfter: { ms: 2_000 }, timeout: { ms: 5_000 } }],
    ["status", { all: false, json: false }],
    ["logs --id a --fol", { id: "a", lines: 200, follow: true, plain: false, raw: false }],
    ["events --id a", { id: "a", follow: true }],
    ["events --id a --snapshot", { id: "a", follow: false }],
    ["events --id a --no-follow --from 2026-01-31T00:00:00Z", {
      id: "a",
      follow: false,
      from: { ms: Date.UTC(2026, 0, 31), text: "2026-01-31T00:00:00Z" },
    }],
    ["pane --id a --lines 5 --interval .5", {
      id: "a",
      lines: 5,
      follow: false,
      interval: { ms: 500 },
      ansi: false,
      json: false,
    }],
    ["doctor --adapter claude --adapter codex", {
      adapter: ["claude", "codex"],
      sweep: false,
      kill: false,
      json: false,
    }],
    ["__host /some/file", {}, { file: "/some/file" }],
  ];
  for (const [line, options, words] of cases) {
    deepEqual(readInProcess(line.split(" ")), { options, arguments: words ?? {} }, line);
  }
});

Deno.test("send tells --relay, --no-relay and neither apart", () => {
  const relayOf = (...more: string[]) => {
    const read = readInProcess(["send", "--id", "a", ...more]);
    return read === "help" ? read : read.options.relay;
  };
  deepEqual([relayOf(), relayOf("--relay"), relayOf("--relay", "--no-relay")], [
    undefined,
    true,
    false,
  ]);
});

const ODD_IDS = ["../../x", "日本 🚀", "a\nb", "-5", " x ", "x".repeat(5_000)];

Deno.test("any id that is not blank is an id, without the blanks around it", () => {
  for (const id of ODD_IDS) {
    const read = readInProcess(["logs", `--id=${id}`]);
    equal(read === "help" ? read : read.options.id, id.trim());
  }
});

/** Lines on stderr, and the exit code. */
const FAILURES: [argv: string[], code: number, stderr: string[]][] = [
  [["stauts"], 2, ['harnex: unknown command "stauts". Did you mean "status"?']],
  [["claude"], 2, ['harnex: unknown command "claude". Did you mean "harnex run claude"?']],
  [["frobnicate"], 2, ['harnex: unknown command "frobnicate"']],
  [["skills", "install"], 2, [
    'harnex: the command "skills" was removed: its texts are now guides; read them with: harnex agents-guide',
  ]],
  [["constructor"], 2, ['harnex: unknown command "constructor"']],
  [["--versoin"], 2, ['harnex: unknown option "--versoin". Did you mean "--version"?']],
  [["help", "sned"], 2, ['harnex: unknown command "sned". Did you mean "send"?']],
  [["\x1b[2J"], 2, [String.raw`harnex: unknown command "\x1b[2J"`]],
  [["status", "--jsn"], 2, ['harnex: invalid option: --jsn. Did you mean "--json"?']],
  [["status", "x"], 2, ['harnex: needless argument: status does not take "x"']],
  [["completions"], 2, ["harnex: missing argument: shell (bash, zsh, fish)"]],
  [["completions", "tcsh"], 2, ['harnex: shell: expected bash, zsh or fish, got "tcsh"']],
  [["logs"], 2, ["harnex: --id: required, but not given; harnex status lists the sessions"]],
  [["wait"], 2, ["harnex: --id: required, but not given; harnex status lists the sessions"]],
  [["logs", "--id", ""], 2, ["harnex: --id: an id must not be empty"]],
  [["run", "codex", "--id="], 2, ["harnex: --id: an id must not be empty"]],
  [["stop"], 2, ["harnex: missing argument: --id ID (or --all); harnex status lists the sessions"]],
  [["run"], 2, ["harnex: missing argument: name the agent to run, such as: harnex run codex"]],
  [["run", "codex", "--port", "0"], 2, ['harnex: --port: expected a whole number, from 1 to 65535, got "0"']],
  [["run", "codex", "--meta", "[]"], 2, ['harnex: --meta: expected a JSON object, got "[]"']],
  [["run", "codex", "--auto-stop"], 2, [
    "harnex: --auto-stop needs --context: it stops the session when that task is complete",
  ]],
  [["run", "codex", "--watch", "--detach"], 2, [
    "harnex: --watch stays in the foreground and cannot be combined with --detach",
  ]],
  [["run", "codex", "--watch", "--tmux"], 2, [
    "harnex: --watch stays in the foreground and cannot be combined with --tmux",
  ]],
  [["wait", "--id", "a", "--id", "b"], 2, [
    "harnex: several --id need --any or --all: wait for the first, or for every one?",
  ]],
  [["wait", "--id", "a", "--any", "--all"], 2, ["harnex: --any and --all contradict each other"]],
  [["events", "--id", "a", "--from", "today"], 2, [
    'harnex: --from: expected an ISO 8601 time such as 2026-01-31T09:30:00Z, got "today"',
  ]],
  [["logs", "--id", "a\0b"], 2, [String.raw`harnex: argument with a NUL character: "a\x00b"`]],
];

for (const [argv, code, lines] of FAILURES) {
  Deno.test(`runProgram() refuses ${JSON.stringify(argv)}`, async () => {
    const stderr = [...lines, "Try: harnex --help", ""].join("\n");
    deepEqual(await runInProcess(argv), { code, stdout: "", stderr });
  });
}

Deno.test("runProgram() names the command in an error that is not about usage", async () => {
  deepEqual(await runInProcess(["run", "codex", "--preset", "impl"]), {
    code: 1,
    stdout: "",
    stderr: "harnex run: --preset needs --watch: it sets when a stall is resumed\n",
  });
  deepEqual(await runInProcess(["run", "codex", "--watch", "--preset", "x"]), {
    code: 1,
    stdout: "",
    stderr: 'harnex run: --preset: expected impl, plan or gate, got "x"\n',
  });
});

Deno.test("runProgram() refuses a megabyte in one short line", async () => {
  const { code, stderr } = await runInProcess(["send", "--id", "a", "x".repeat(1_000_001)]);
  equal(code, 2);
  match(stderr, /^harnex: argument too long: "x{79}…" has 1000001 characters\nTry: harnex --help\n$/);
});

Deno.test("runProgram() prints the stack instead of the hint with HARNEX_TRACE=1", async () => {
  const { code, stderr } = await runInProcess(["stauts"], { env: { HARNEX_TRACE: "1" } });
  equal(code, 2);
  match(stderr, /^harnex: unknown command "stauts"\. Did you mean "status"\?\n +at /);
  equal(stderr.includes("Try:"), false);
});

Deno.test("runProgram() asks for help before anything is missing", async () => {
  for (const { name } of COMMANDS) {
    const { code, stdout, stderr } = await runInProcess([name, "--help"]);
    deepEqual([code, stderr, stdout.split("\n")[0]?.startsWith(`Usage: harnex ${name}`)], [0, "", true], name);
    deepEqual(await runInProcess([name, "-h"]), { code, stdout, stderr });
    deepEqual(await runInProcess(["help", name]), { code, stdout, stderr });
  }
});

Deno.test("harnex, -h, --help and help print the same overview", async () => {
  const overview = await runInProcess([]);
  equal(overview.code, 0);
  for (const argv of [["-h"], ["--help"], ["help"]]) deepEqual(await runInProcess(argv), overview);
});

Deno.test("-v, --version and version print version and date", async () => {
  const expected = { code: 0, stdout: `harnex ${VERSION} (${RELEASED})\n`, stderr: "" };
  for (const argv of [["-v"], ["--version"], ["version"]]) deepEqual(await runInProcess(argv), expected);
});

Deno.test("the version is deno.json's", () => {
  const config: unknown = JSON.parse(readText("deno.json"));
  equal(typeof config === "object" && config !== null && "version" in config && config.version, VERSION);
  match(RELEASED, /^\d{4}-\d\d-\d\d$/);
});

Deno.test("runProgram() ends with 0 when stdout's reader has gone", async () => {
  const stderr: Uint8Array[] = [];
  const sinks = { stdout: () => false, stderr: (bytes: Uint8Array) => stderr.push(bytes) > 0 };
  const output: ProgramOptions["output"] = { sinks };
  equal((await runInProcess(["--help"], { output })).code, 0);
  equal((await runInProcess(["completions", "bash"], { output })).code, 0);
  equal((await runInProcess(["nonsense"], { output })).code, 2);
  equal(stderr.length, 2);
});

Deno.test("a current directory that is gone stops only those who ask for it", async () => {
  const cwd = () => {
    throw new Error("it is gone");
  };
  for (const argv of [["--help"], ["help"], ["help", "run"], ["run", "--help"], ["version"], ["completions", "bash"]]) {
    deepEqual([argv, (await runInProcess(argv, { cwd })).code], [argv, 0]);
  }
  const asked = await runInProcess(["status"], { cwd });
  deepEqual([asked.code, asked.stderr], [1, "harnex status: it is gone\n"]);
});
