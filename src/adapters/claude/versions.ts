/**
 * What differs between the versions of Claude Code: one table, in which every fact names the versions that showed it.
 * Code asks the table with the installed version. An unknown version counts as the newest one here. Pure.
 */

import type { PasteLimits } from "../../transports/agent_process.ts";
import { compareVersions } from "../../model/probe.ts";

/** The versions that the facts and recordings of this adapter are from. */
export const OLDEST_SEEN = "2.1.197";
export const NEWEST_SEEN = "2.1.332";

export interface VersionFact {
  fact: string;
  /** the first version that showed it; absent where the oldest version seen did */
  since?: string;
  /** the last version that showed it; absent where the newest version seen did. Versions in between are not known. */
  until?: string;
  /** how it was observed, and with which versions */
  seen: string;
}

const BOTH = "2.1.197 and 2.1.332";

export const FACTS = {
  autoModeIsDefault: {
    fact: "without a mode flag or setting it starts in auto mode, in which a tool runs without a question",
    since: "2.1.332",
    seen: "real runs of 2.1.332; 2.1.197 starts in its manual mode",
  },
  flagSetsMode: {
    fact: "--permission-mode default means the manual mode, and wins over permissions.defaultMode of all settings",
    seen: `real runs of ${BOTH}, with each of the six modes as the user's default`,
  },
  manualIsAModeName: {
    fact: "--permission-mode takes manual as a name; the versions before refuse it",
    since: "2.1.332",
    seen: `real runs of ${BOTH}`,
  },
  planModeAsks: {
    fact:
      "in plan mode a command that needs a permission is asked for; later it runs when auto mode allows it, unless useAutoModeDuringPlan is false in any settings",
    until: "2.1.197",
    seen: `real runs of ${BOTH}`,
  },
  unknownHookOpensDialog: {
    fact: "a hook of an event that it does not know opens a dialog at boot",
    since: "2.1.332",
    seen: "real runs of 2.1.332; not tried with 2.1.197",
  },
  longPasteArrivesWhole: {
    fact:
      "a paste of any length reaches the model byte for byte; later one of over 800 characters or over 3 lines is wrapped in <pasted_content>, and several short ones are not",
    until: "2.1.197",
    seen: `real runs of ${BOTH}, up to 20 KiB`,
  },
  typedTextIsComposed: {
    fact:
      "what stands in the input box as text reaches the model in Unicode's composed form (NFC), with four blanks for a tab",
    seen: `real runs of ${BOTH}; in 2.1.197 a long paste stands there as a placeholder, and arrives as it is`,
  },
  invisibleCharactersAreRemoved: {
    fact: "it takes invisible characters such as U+200B out of what is typed, and asks for Enter once more",
    since: "2.1.332",
    seen: "real runs of 2.1.332; not tried with 2.1.197",
  },
  blankDisarmsSlash: {
    fact: "a blank before a slash command makes text of it; later the command runs all the same",
    until: "2.1.197",
    seen: `real runs of ${BOTH}; a backslash before it makes text of it in 2.1.332`,
  },
  blockedPromptReturns: {
    fact: "a prompt that a UserPromptSubmit hook blocks is put back into the input box",
    since: "2.1.332",
    seen: `real runs of ${BOTH}; 2.1.197 leaves the box empty`,
  },
  closedTerminalEndsIt: {
    fact: "it exits when its terminal is closed, without a signal",
    until: "2.1.197",
    seen: `real runs of ${BOTH}; 2.1.332 was still there after 6 s`,
  },
} as const satisfies Readonly<Record<string, VersionFact>>;

export type FactName = keyof typeof FACTS;

/** Whether `fact` holds for the installed `version`; undefined is an unknown version. */
export function holds(fact: FactName, version: string | undefined): boolean {
  const span: VersionFact = FACTS[fact];
  return isIn(span, version ?? NEWEST_SEEN);
}

/** The hook events that Claude Code added after the oldest version seen. The keys are all that 2.1.332 takes. */
const HOOK_EVENTS: Readonly<Record<string, { since?: string }>> = {
  PreToolUse: {},
  PostToolUse: {},
  PostToolUseFailure: {},
  PostToolBatch: {},
  Notification: {},
  UserPromptSubmit: {},
  UserPromptExpansion: {},
  SessionStart: {},
  SessionEnd: {},
  Stop: {},
  StopFailure: {},
  SubagentStart: {},
  SubagentStop: {},
  PreCompact: {},
  PostCompact: {},
  PermissionRequest: {},
  PermissionDenied: {},
  Setup: {},
  TeammateIdle: {},
  TaskCreated: {},
  TaskCompleted: {},
  Elicitation: {},
  ElicitationResult: {},
  ConfigChange: {},
  WorktreeCreate: {},
  WorktreeRemove: {},
  InstructionsLoaded: {},
  CwdChanged: {},
  FileChanged: {},
  PreModelSwitch: { since: "2.1.332" },
  PostModelSwitch: { since: "2.1.332" },
  DirectoryAdded: { since: "2.1.332" },
  MessageDisplay: { since: "2.1.332" },
  PreSkillShellCommand: { since: "2.1.332" },
};

/**
 * Whether a hook of `event` may be written for the installed `version`. Here an unknown version counts as the oldest
 * one, since an event that the agent does not know may stop its boot.
 */
export function takesHook(event: string, version: string | undefined): boolean {
  const known = HOOK_EVENTS[event];
  return known !== undefined && isIn(known, version ?? OLDEST_SEEN);
}

/**
 * A version older than the oldest seen counts as that one: what it lacks is not known, and refusing to use an old event
 * would take more away than it protects.
 */
function isIn({ since, until }: Pick<VersionFact, "since" | "until">, version: string): boolean {
  if (since !== undefined && compareVersions(version, since) < 0) return false;
  return until === undefined || compareVersions(version, until) <= 0;
}

/** What one paste may hold where `longPasteArrivesWhole` does not hold; the rest of the 800 characters is a margin. */
export const PASTE_LIMITS: PasteLimits = { characters: 700, lineBreaks: 2 };
