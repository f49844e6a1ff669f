/**
 * Translates the arguments of `codex`, as people know them, into those of `codex app-server` (0.169). Refuses what that
 * would refuse before anything starts, and says what to write instead.
 */

import { resolve } from "node:path";
import { HarnexError } from "../../model/errors.ts";
import { PASSED_WITH_VALUE, readOption, takesValue } from "./options.ts";
import { APPROVAL_POLICIES, optionSets, type OwnPermissions, SANDBOX_MODES, settingSets } from "./permissions.ts";

/** What a person's arguments ask for. */
export interface CodexArgs {
  /** for `codex app-server`, in order */
  passed: readonly string[];
  cwd?: string;
  model?: string;
  /** the conversation to resume */
  resume?: string;
  /** what they set about permissions, by options and by `-c` */
  own: OwnPermissions;
}

/** Options that `codex app-server` 0.169 itself takes, without a value. */
const PASSED_ALONE = ["--strict-config", "--startup-sign-out", "--analytics-default-enabled"];

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

/** What the words read so far ask for. */
interface Asked {
  passed: string[];
  directories: string[];
  cwd?: string;
  model?: string;
  resume?: string;
  /** set by options, which become settings */
  chosen: OwnPermissions;
  /** set by `-c`, which Codex takes as it is */
  configured: OwnPermissions;
}

/**
 * What the person's words after `codex` ask for. `cwd` is where relative paths start. Throws HarnexError("invalid") for
 * what `codex app-server` 0.169 would refuse.
 */
export function parseCodexArgs(args: readonly string[], cwd: string): CodexArgs {
  const asked: Asked = { passed: [], directories: [], chosen: {}, configured: {} };
  const words = [...args];
  if (words[0] === "app-server") words.shift();
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") continue;
    if (!word.startsWith("-") || word === "-") asked.resume = resumedBy(word, words);
    else takeOption(asked, { word, ...optionOf(word, words), cwd });
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
function optionOf(word: string, rest: string[]): { name: string; value: string } {
  const option = readOption(word, rest);
  if (option.value === undefined && takesValue(option)) throw new HarnexError("invalid", `${word} needs a value`);
  return { name: option.name, value: option.value ?? "" };
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
      oneOf(SANDBOX_MODES, word, value);
      break;
    case "--ask-for-approval":
      oneOf(APPROVAL_POLICIES, word, value);
      break;
    case "--add-dir":
      asked.directories.push(resolve(cwd, value));
      return;
  }
  const permissions = optionSets(name, value);
  if (permissions !== undefined) Object.assign(asked.chosen, permissions);
  else if (PASSED_WITH_VALUE.includes(name)) asked.passed.push(name, value);
  else if (PASSED_ALONE.includes(name)) asked.passed.push(name);
  else refuse(word, REFUSED[name] ?? "write a setting as -c key=value, or run the TUI with --legacy-pty");
}

function takeConfig(asked: Asked, setting: string): void {
  Object.assign(asked.configured, settingSets(setting));
  asked.passed.push("-c", setting);
}

function oneOf(known: readonly string[], word: string, value: string): void {
  if (!known.includes(value)) refuse(`${word} ${value}`, `write one of ${known.join(", ")}`);
}

/** In the words of `codex app-server`, which has settings where `codex` has options. */
function codexArgs(asked: Asked): CodexArgs {
  const { passed, directories, chosen, configured } = asked;
  const roots = `sandbox_workspace_write.writable_roots=[${directories.map(toml).join(",")}]`;
  return {
    passed: [
      ...passed,
      ...(chosen.sandboxMode === undefined ? [] : ["-c", `sandbox_mode=${toml(chosen.sandboxMode)}`]),
      ...(chosen.approvalPolicy === undefined ? [] : ["-c", `approval_policy=${toml(chosen.approvalPolicy)}`]),
      ...(chosen.reviewer === undefined ? [] : ["-c", `approvals_reviewer=${toml(chosen.reviewer)}`]),
      ...(directories.length === 0 ? [] : ["-c", roots]),
    ],
    ...(asked.cwd === undefined ? {} : { cwd: asked.cwd }),
    ...(asked.model === undefined ? {} : { model: asked.model }),
    ...(asked.resume === undefined ? {} : { resume: asked.resume }),
    own: { ...configured, ...chosen },
  };
}
