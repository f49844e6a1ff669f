/**
 * Codex's command line as people know it, in the words of `codex app-server`. What that would refuse is refused here,
 * before anything starts, with what to write instead.
 */

import { resolve } from "node:path";
import { HarnexError } from "../../model/errors.ts";

/** What the caller's arguments ask for. */
export interface CodexArgs {
  /** for `codex app-server`, in order */
  passed: readonly string[];
  cwd?: string;
  model?: string;
  /** the session to go on with */
  resume?: string;
  setsSandbox: boolean;
  setsApproval: boolean;
}

const SANDBOX_MODES = ["read-only", "workspace-write", "danger-full-access"];
const APPROVAL_POLICIES = ["untrusted", "on-request", "never"];

/** Options of `codex app-server` 0.169 itself, by whether a value follows. */
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

/** Why an option has no place here, and what has. */
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

/** The `-C` among them, in each of its spellings; Codex takes the last. */
export function directoryOf(args: readonly string[]): string | undefined {
  const end = args.indexOf("--");
  const words = end === -1 ? args : args.slice(0, end);
  const found = words.flatMap((word, index) => {
    if (word === "-C" || word === "--cd") return words[index + 1] ?? [];
    return /^(?:-C=?|--cd=)(.+)$/s.exec(word)?.[1] ?? [];
  });
  return found.at(-1);
}

/** Throws HarnexError("invalid") for what Codex would refuse. `cwd` is where relative paths start. */
export function parseCodexArgs(args: readonly string[], cwd: string): CodexArgs {
  const passed: string[] = [];
  const directories: string[] = [];
  const found: { cwd?: string; model?: string; resume?: string } = {};
  let sandbox: string | undefined;
  let approval: string | undefined;
  let setsSandbox = false;
  let setsApproval = false;

  const words = [...args];
  if (words[0] === "app-server") words.shift();
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") continue;
    if (!word.startsWith("-") || word === "-") {
      const id = word === "resume" ? words.shift() : undefined;
      if (word !== "resume") refuse(JSON.stringify(word), 'give the task with --context "…", or send it');
      if (id === undefined || id.startsWith("-")) refuse("resume without a session id", "write resume SESSION-ID");
      found.resume = id;
      continue;
    }
    const option = splitOption(word);
    const { name } = option;
    let value = option.value ?? "";
    if (option.value === undefined && TAKES_VALUE.includes(name)) {
      const next = words.shift();
      if (next === undefined) throw new HarnexError("invalid", `${word} needs a value`);
      value = next;
    }
    switch (name) {
      case "--config": {
        const key = (value.split("=", 1)[0] ?? "").trim();
        if (key === "sandbox_mode") setsSandbox = true;
        if (key === "approval_policy") setsApproval = true;
        passed.push("-c", value);
        break;
      }
      case "--model":
        found.model = value;
        break;
      case "--cd":
        found.cwd = resolve(cwd, value);
        break;
      case "--sandbox":
        if (!SANDBOX_MODES.includes(value)) refuse(`${word} ${value}`, `write one of ${SANDBOX_MODES.join(", ")}`);
        sandbox = value;
        break;
      case "--ask-for-approval":
        if (!APPROVAL_POLICIES.includes(value)) {
          refuse(`${word} ${value}`, `write one of ${APPROVAL_POLICIES.join(", ")}`);
        }
        approval = value;
        break;
      case "--dangerously-bypass-approvals-and-sandbox":
      case "--yolo":
        sandbox = "danger-full-access";
        approval = "never";
        break;
      case "--full-auto":
        sandbox = "workspace-write";
        approval = "on-request";
        break;
      case "--add-dir":
        directories.push(resolve(cwd, value));
        break;
      default:
        if (PASSED_WITH_VALUE.includes(name)) passed.push(name, value);
        else if (PASSED_ALONE.includes(name)) passed.push(name);
        else refuse(word, REFUSED[name] ?? "write a setting as -c key=value, or run the TUI with --legacy-pty");
    }
  }

  if (sandbox !== undefined) passed.push("-c", `sandbox_mode=${toml(sandbox)}`);
  if (approval !== undefined) passed.push("-c", `approval_policy=${toml(approval)}`);
  if (directories.length > 0) {
    passed.push("-c", `sandbox_workspace_write.writable_roots=[${directories.map(toml).join(",")}]`);
  }
  return {
    passed,
    ...found,
    setsSandbox: setsSandbox || sandbox !== undefined,
    setsApproval: setsApproval || approval !== undefined,
  };
}
