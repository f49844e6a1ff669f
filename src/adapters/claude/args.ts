/**
 * The command line of Claude Code (2.1.197, 2.1.332): the permission mode, the user's words, harnex's settings and
 * hooks, model and first task.
 */

import { HarnexError } from "../../model/errors.ts";
import { type JsonObject, parseObject } from "../../text/json.ts";
import type { LaunchPlan, LaunchRequest } from "../adapter.ts";
import { HOOK_TOKEN, withHooks } from "./hooks.ts";
import { BYPASS_FLAG, orderMode } from "./permissions.ts";

/**
 * The command line for `request`. Throws HarnexError("invalid") for what Claude Code refuses as root, and for words of
 * the user's that break the promise of `--approvals`.
 */
export function planLaunch(request: LaunchRequest): LaunchPlan {
  const given = splitSettings(request.args);
  const settings = readSettings(given, request);
  const mode = orderMode(request.approvals, { args: given.args, settings: settings ?? {} });
  if (mode.bypasses) refuseAsRoot(request);
  const own = ownArguments(request, { ...given, base: settings });
  const argv = ["claude", ...mode.flags, ...own.argv, ...given.args];
  if (request.model !== undefined) argv.push("--model", request.model);
  if (request.effort !== undefined) argv.push("--effort", request.effort);
  if (request.context === undefined) return { ...own.plan, argv, contextInArgv: false };
  if (swallowsNextWord(argv)) argv.push("--");
  return { ...own.plan, argv: [...argv, request.context], contextInArgv: true };
}

/** The settings that `--settings` gives, empty without any; undefined when they cannot be read. */
function readSettings({ settings }: GivenWords, { own }: LaunchRequest): JsonObject | undefined {
  if (settings === undefined) return {};
  const text = settings.trimStart().startsWith("{") ? settings : own?.settingsText;
  return text === undefined ? undefined : parseObject(text);
}

/**
 * harnex's own arguments: the user's settings with harnex's hooks added, in a private file, and a session id that is
 * known before the start.
 */
function ownArguments(
  { own, approvals, version }: LaunchRequest,
  { args, settings, base }: GivenWords & { base: JsonObject | undefined },
): { argv: string[]; plan: Partial<LaunchPlan> } {
  // Claude Code reports settings that cannot be read; its screen and its session file are enough without hooks.
  if (own === undefined || base === undefined) {
    return { argv: settings === undefined ? [] : ["--settings", settings], plan: {} };
  }
  const path = `${own.folder}/settings.json`;
  const names = NAMES_SESSION.some((flag) => args.some((word) => word === flag || word.startsWith(`${flag}=`)));
  const ours = withHooks(base, { url: own.hookUrl, approvals, version });
  return {
    argv: ["--settings", path, ...(names ? [] : ["--session-id", own.uuid])],
    plan: {
      files: [{ path, text: JSON.stringify(ours, null, 2) }],
      hookTokenVariable: HOOK_TOKEN,
      ...(names ? {} : { agentSessionId: own.uuid }),
    },
  };
}

const NAMES_SESSION = ["--session-id", "--resume", "-r", "--continue", "-c", "--from-pr"] as const;

interface GivenWords {
  args: string[];
  /** a path or JSON, as Claude Code takes it; the last one counts */
  settings: string | undefined;
}

function splitSettings(words: readonly string[]): GivenWords {
  const args: string[] = [];
  let settings: string | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "--settings") settings = words[++index];
    else if (word.startsWith("--settings=")) settings = word.slice("--settings=".length);
    else args.push(word);
  }
  return { args, settings };
}

/** The settings file that `--settings` names; undefined when there is none, or when it is given as JSON. */
export function settingsFile(words: readonly string[]): string | undefined {
  const { settings } = splitSettings(words);
  return settings?.trimStart().startsWith("{") ? undefined : settings;
}

/** As root 2.1.197 and 2.1.332 exit with 1 in that mode, once the terminal is set up; harnex refuses before it starts anything. */
function refuseAsRoot({ isRoot, env }: LaunchRequest): void {
  if (!isRoot || env["IS_SANDBOX"] === "1" || env["CLAUDE_CODE_BUBBLEWRAP"]) return;
  throw new HarnexError(
    "invalid",
    `claude refuses ${BYPASS_FLAG} as root; run as another user, set IS_SANDBOX=1 if this machine is a sandbox, or use --approvals ask`,
  );
}

/** Options of 2.1.197 and 2.1.332 that take all words after them, and those whose value may be left out. */
const GREEDY: ReadonlySet<string> = new Set([
  "--add-dir",
  "--allowedTools",
  "--allowed-tools",
  "--betas",
  "--disallowedTools",
  "--disallowed-tools",
  "--file",
  "--mcp-config",
  "--tools",
]);
const OPTIONAL: ReadonlySet<string> = new Set([
  "--cloud",
  "-d",
  "--debug",
  "--from-pr",
  "--prompt-suggestions",
  "--remote-control",
  "-r",
  "--resume",
  "--teleport",
  "-w",
  "--worktree",
]);

function swallowsNextWord(argv: readonly string[]): boolean {
  if (argv.includes("--")) return false;
  const at = argv.findLastIndex((word) => word.startsWith("-"));
  const option = argv[at] ?? "";
  return GREEDY.has(option) || (OPTIONAL.has(option) && at === argv.length - 1);
}
