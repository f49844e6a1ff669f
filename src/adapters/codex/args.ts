/**
 * Translates the arguments of `codex`, as people know them, into those of `codex app-server` (0.169). Refuses what that
 * would refuse before anything starts, and says what to write instead.
 */

import { resolve } from "node:path";
import { HarnexError } from "../../model/errors.ts";

/** What a person's arguments ask for. */
export interface CodexArgs {
  /** for `codex app-server`, in order */
  passed: readonly string[];
  cwd?: string;
  model?: string;
  /** the conversation to resume */
  resume?: string;
  setsSandbox: boolean;
  setsApproval: boolean;
}

const SANDBOX_MODES = ["read-only", "workspace-write", "danger-full-access"];
const APPROVAL_POLICIES = ["untrusted", "on-request", "never"];

/** Options that `codex app-server` 0.169 itself takes: those with a value, and those without. */
const PASSED_WITH_VALUE = [
  "--enable",
  "--disable",
  "--startup-client-info",
  "--cloud-skills-snapshot",
  "--code-mode-host",
];
const PASSED_ALONE = ["--strict-config", "--startup-sign-out", "--analytics-default-enabled"];

const SHORT_NAMES: Readonly<Record<string, string>> = {
  "-c": "--config",
  "-m": "--model",
  "-C": "--cd",
  "-s": "--sandbox",
  "-a": "--ask-for-approval",
  "-i": "--image",
  "-p": "--profile",
  "-h": "--help",
  "-V": "--version",
};

const TAKES_VALUE = [
  "--config",
  "--model",
  "--cd",
  "--sandbox",
  "--ask-for-approval",
  "--add-dir",
  ...PASSED_WITH_VALUE,
];

/** What to do instead of an option that `codex app-server` does not take. */
const REFUSED: Readonly<Record<string, string>> = {
  "--image": "put the picture's path into the message",
  "--profile": "put its settings as -c key=value",
  "--help": "run codex app-server --help yourself",
  "--version": "run codex --version yourself",
  "--listen": "harnex talks to Codex over its standard streams",
  "--stdio": "harnex talks to Codex over its standard streams already: leave it out",
  "--print-startup-config": "run codex app-server --print-startup-config yourself",
  "--last": "name the session: resume SESSION-ID",
};

function refuse(what: string, instead: string): never {
  throw new HarnexError("invalid", `codex app-server does not take ${what}: ${instead}`);
}

/** A TOML string; its escapes are those of JSON. */
function toml(text: string): string {
  return JSON.stringify(text);
}

/** Splits `--name=value`, `-mVALUE` and `-m` into a long name and perhaps a value. */
function splitOption(word: string): { name: string; value?: string } {
  if (word.startsWith("--")) {
    const at = word.indexOf("=");
    return at === -1 ? { name: word } : { name: word.slice(0, at), value: word.slice(at + 1) };
  }
  const name = SHORT_NAMES[word.slice(0, 2)] ?? word.slice(0, 2);
  if (word.length === 2) return { name };
  return { name, value: word.slice(word[2] === "=" ? 3 : 2) };
}

/** The directory of `-C`, in each of its spellings; Codex 0.169 takes the last one. Undefined without `-C`. */
export function directoryOf(args: readonly string[]): string | undefined {
  const end = args.indexOf("--");
  const words = end === -1 ? args : args.slice(0, end);
  const found = words.flatMap((word, index) => {
    if (word === "-C" || word === "--cd") return words[index + 1] ?? [];
    return /^(?:-C=?|--cd=)(.+)$/s.exec(word)?.[1] ?? [];
  });
  return found.at(-1);
}

/** What the words read so far ask for. */
interface Asked {
  passed: string[];
  directories: string[];
  cwd?: string;
  model?: string;
  resume?: string;
  sandbox?: string;
  approval?: string;
  /** set by `-c`, which Codex takes as it is */
  configSetsSandbox: boolean;
  configSetsApproval: boolean;
}

/**
 * What the person's words after `codex` ask for. `cwd` is where relative paths start. Throws HarnexError("invalid") for
 * what `codex app-server` 0.169 would refuse.
 */
export function parseCodexArgs(args: readonly string[], cwd: string): CodexArgs {
  const asked: Asked = { passed: [], directories: [], configSetsSandbox: false, configSetsApproval: false };
  const words = [...args];
  if (words[0] === "app-server") words.shift();
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") continue;
    if (!word.startsWith("-") || word === "-") asked.resume = resumedBy(word, words);
    else takeOption(asked, { word, ...readOption(word, words), cwd });
  }
  return codexArgs(asked);
}

/** The session of `resume SESSION-ID`, the only words that are no options. Takes the id from `rest`. */
function resumedBy(word: string, rest: string[]): string {
  if (word !== "resume") refuse(JSON.stringify(word), 'give the task with --context "…", or send it');
  const id = rest.shift();
  if (id === undefined || id.startsWith("-")) refuse("resume without a session id", "write resume SESSION-ID");
  return id;
}

/** An option's long name and its value, which it may take from `rest`; "" where it has none. */
function readOption(word: string, rest: string[]): { name: string; value: string } {
  const { name, value } = splitOption(word);
  if (value !== undefined || !TAKES_VALUE.includes(name)) return { name, value: value ?? "" };
  const next = rest.shift();
  if (next === undefined) throw new HarnexError("invalid", `${word} needs a value`);
  return { name, value: next };
}

function takeOption(
  asked: Asked,
  { word, name, value, cwd }: { word: string; name: string; value: string; cwd: string },
): void {
  switch (name) {
    case "--config":
      takeConfig(asked, value);
      return;
    case "--model":
      asked.model = value;
      return;
    case "--cd":
      asked.cwd = resolve(cwd, value);
      return;
    case "--sandbox":
      asked.sandbox = oneOf(SANDBOX_MODES, word, value);
      return;
    case "--ask-for-approval":
      asked.approval = oneOf(APPROVAL_POLICIES, word, value);
      return;
    case "--dangerously-bypass-approvals-and-sandbox":
    case "--yolo":
      asked.sandbox = "danger-full-access";
      asked.approval = "never";
      return;
    case "--full-auto":
      asked.sandbox = "workspace-write";
      asked.approval = "on-request";
      return;
    case "--add-dir":
      asked.directories.push(resolve(cwd, value));
      return;
    default:
      if (PASSED_WITH_VALUE.includes(name)) asked.passed.push(name, value);
      else if (PASSED_ALONE.includes(name)) asked.passed.push(name);
      else refuse(word, REFUSED[name] ?? "write a setting as -c key=value, or run the TUI with --legacy-pty");
  }
}

function takeConfig(asked: Asked, setting: string): void {
  const key = (setting.split("=", 1)[0] ?? "").trim();
  if (key === "sandbox_mode") asked.configSetsSandbox = true;
  if (key === "approval_policy") asked.configSetsApproval = true;
  asked.passed.push("-c", setting);
}

function oneOf(known: readonly string[], word: string, value: string): string {
  if (!known.includes(value)) refuse(`${word} ${value}`, `write one of ${known.join(", ")}`);
  return value;
}

/** In the words of `codex app-server`, which has settings where `codex` has options. */
function codexArgs(asked: Asked): CodexArgs {
  const { passed, directories, sandbox, approval, configSetsSandbox, configSetsApproval } = asked;
  const roots = `sandbox_workspace_write.writable_roots=[${directories.map(toml).join(",")}]`;
  return {
    passed: [
      ...passed,
      ...(sandbox === undefined ? [] : ["-c", `sandbox_mode=${toml(sandbox)}`]),
      ...(approval === undefined ? [] : ["-c", `approval_policy=${toml(approval)}`]),
      ...(directories.length === 0 ? [] : ["-c", roots]),
    ],
    ...(asked.cwd === undefined ? {} : { cwd: asked.cwd }),
    ...(asked.model === undefined ? {} : { model: asked.model }),
    ...(asked.resume === undefined ? {} : { resume: asked.resume }),
    setsSandbox: configSetsSandbox || sandbox !== undefined,
    setsApproval: configSetsApproval || approval !== undefined,
  };
}
