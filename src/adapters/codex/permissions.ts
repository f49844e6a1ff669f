/**
 * Which tools Codex runs without a question: the three settings that decide it, and whether they keep what
 * `--approvals` promises. Facts seen in real runs of 0.169 and 0.171. Pure.
 */

import { HarnexError } from "../../model/errors.ts";
import { assertNever } from "../../model/never.ts";
import type { ApprovalPolicy } from "../../model/session.ts";
import { optionsIn } from "./options.ts";

/** In the words of `config.toml`. */
export interface CodexPermissions {
  /** when Codex asks */
  approvalPolicy: string;
  /** what a tool may do without a question */
  sandboxMode: string;
  /** who answers: `user` is the client, the others are models */
  reviewer: string;
}

/** What a person's own arguments set, each as it is written. */
export interface OwnPermissions extends Partial<CodexPermissions> {
  /** a named permission profile, which takes the place of the sandbox mode */
  profile?: string;
}

/** The words of the protocol, except a policy that is a table. */
export const APPROVAL_POLICIES: readonly string[] = ["untrusted", "on-request", "never"];
export const SANDBOX_MODES: readonly string[] = ["read-only", "workspace-write", "danger-full-access"];
export const REVIEWERS: readonly string[] = ["user", "auto_review", "guardian_subagent"];

/** Whether the questions come to harnex, which can refuse them, or are drawn on the TUI's screen. */
export type QuestionsGo = "to_harnex" | "to_the_screen";

/** Stands for a policy that is a table: it chooses by kind of question which ones Codex refuses by itself. */
export const GRANULAR = "granular";

/** Over JSON-RPC, the same for each policy: harnex gives the answers. */
export const ORDERED: CodexPermissions = {
  approvalPolicy: "on-request",
  sandboxMode: "workspace-write",
  reviewer: "user",
};

/** What one option of `codex` sets; undefined for an option about something else. */
export function optionSets(name: string, value: string): OwnPermissions | undefined {
  switch (name) {
    case "--sandbox":
      return { sandboxMode: value };
    case "--ask-for-approval":
      return { approvalPolicy: value };
    case "--dangerously-bypass-approvals-and-sandbox":
    case "--yolo":
      return { sandboxMode: "danger-full-access", approvalPolicy: "never" };
    case "--full-auto":
      return { sandboxMode: "workspace-write", approvalPolicy: "on-request" };
    case "--approve-for-me":
      return { sandboxMode: "workspace-write", approvalPolicy: "on-request", reviewer: "auto_review" };
    default:
      return undefined;
  }
}

/** What a setting such as `approval_policy="never"`, given by `-c`, sets. */
export function settingSets(setting: string): OwnPermissions {
  const at = setting.indexOf("=");
  const key = setting.slice(0, at < 0 ? undefined : at).trim();
  const text = at < 0 ? "" : setting.slice(at + 1).trim();
  const value = text.replace(/^(["'])(.*)\1$/s, "$2");
  if (key.startsWith("approval_policy.")) return { approvalPolicy: GRANULAR };
  switch (key) {
    case "approval_policy":
      return { approvalPolicy: value.startsWith("{") ? GRANULAR : value };
    case "sandbox_mode":
      return { sandboxMode: value };
    case "approvals_reviewer":
      return { reviewer: value };
    case "default_permissions":
      return { profile: value };
    default:
      return {};
  }
}

/** What all the arguments set. An option beats a setting, wherever it stands. */
export function ownPermissions(args: readonly string[]): OwnPermissions {
  const options: OwnPermissions = {};
  const settings: OwnPermissions = {};
  for (const { name, value } of optionsIn(args)) {
    if (name === "--config") Object.assign(settings, settingSets(value ?? ""));
    else Object.assign(options, optionSets(name, value ?? ""));
  }
  return { ...settings, ...options };
}

/**
 * Why `permissions` break the promise of `approvals`; undefined where they keep it. `auto` promises nothing: there a
 * person's own settings hold.
 */
export function brokenPromise(
  approvals: ApprovalPolicy,
  permissions: OwnPermissions,
  go: QuestionsGo,
): string | undefined {
  const { approvalPolicy, sandboxMode, reviewer = "user", profile } = permissions;
  if (approvals === "auto") return undefined;
  if (profile !== undefined) {
    return `default_permissions=${profile}: harnex cannot tell what that profile runs without a question`;
  }
  if (sandboxMode !== undefined && !CONFINED.includes(sandboxMode)) {
    return `sandbox_mode=${sandboxMode}: tools may do anything without a question`;
  }
  if (reviewer !== "user") return `approvals_reviewer=${reviewer}: a model answers the questions`;
  if (approvalPolicy === undefined || POLICIES_THAT_KEEP[approvals][go].includes(approvalPolicy)) return undefined;
  return `approval_policy=${approvalPolicy}: ${POLICY_REASONS[approvals][go]}`;
}

/** In these a tool that needs more than its folder has to ask. */
const CONFINED = ["read-only", "workspace-write"];

type Promising = Exclude<ApprovalPolicy, "auto">;

const POLICIES_THAT_KEEP: Readonly<Record<Promising, Readonly<Record<QuestionsGo, readonly string[]>>>> = {
  ask: { to_harnex: ["on-request", "untrusted"], to_the_screen: ["on-request", "untrusted"] },
  deny: { to_harnex: ["on-request", "untrusted", "never"], to_the_screen: ["never"] },
};

const POLICY_REASONS: Readonly<Record<Promising, Readonly<Record<QuestionsGo, string>>>> = {
  ask: { to_harnex: "Codex would not ask each question", to_the_screen: "Codex would not ask each question" },
  deny: {
    to_harnex: "Codex would answer questions by itself",
    to_the_screen: "Codex would ask on its screen, and only never refuses",
  },
};

/** Throws HarnexError("invalid") where a person's own arguments break the promise of `approvals`. */
export function refuseContradiction(approvals: ApprovalPolicy, own: OwnPermissions, go: QuestionsGo): void {
  const reason = brokenPromise(approvals, own, go);
  if (reason === undefined) return;
  throw new HarnexError("invalid", `--approvals ${approvals} and ${reason}; leave one of them out`);
}

/** The settings by which the TUI is started for `approvals`, without those that the person's arguments set. */
export function tuiOrder(approvals: ApprovalPolicy, own: OwnPermissions): Partial<CodexPermissions> {
  switch (approvals) {
    case "auto":
      return {};
    case "ask":
      return without(ORDERED, own);
    case "deny":
      // The TUI asks nobody but its screen: it has to refuse by itself.
      return without({ ...ORDERED, approvalPolicy: "never" }, own);
    default:
      return assertNever(approvals);
  }
}

/** The part of `ordered` that `own` leaves open. */
export function without(ordered: CodexPermissions, own: OwnPermissions): Partial<CodexPermissions> {
  const { approvalPolicy, sandboxMode, reviewer } = ordered;
  return {
    ...(own.sandboxMode === undefined && own.profile === undefined ? { sandboxMode } : {}),
    ...(own.approvalPolicy === undefined ? { approvalPolicy } : {}),
    ...(own.reviewer === undefined ? { reviewer } : {}),
  };
}
