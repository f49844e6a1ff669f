/** The scenes of a probe, each one session under one approval policy, and their checks in order. */

import type { ApprovalPolicy } from "../../model/session.ts";
import type { Check } from "./act.ts";
import { askApproved, askDenied, auto, deny, interrupt, outlivingTool, stop } from "./tool_checks.ts";
import { bootDialog, longText, prompt, question, reports, turn, versionInUse } from "./turn_checks.ts";

export interface Scene {
  readonly name: string;
  readonly approvals: ApprovalPolicy;
  /** whether the session is started with `--trust` */
  readonly trust: boolean;
  /** `done`: the questions at boot were answered before */
  readonly boot: "new" | "done";
  readonly checks: readonly Check[];
}

export const SCENES: readonly Scene[] = [
  {
    name: "ask",
    approvals: "ask",
    trust: false,
    boot: "new",
    checks: [
      check("boot-dialog", "a new directory may need a person: harnex does not read the question at boot", bootDialog),
      check("prompt", "harnex cannot tell when the agent is ready", prompt),
      check("turn", "harnex may not know that a message was taken, or that its turn is over", turn),
      check("reports", "the end of a turn is read from a weaker source, such as the screen", reports),
      check("version-in-use", "harnex may use the rules of another version", versionInUse),
      check("long-text", "long messages may not reach the model as they were sent", longText),
      check("question", "a question of the agent may not be seen, or not be answered", question),
      check("ask-approved", "--approvals ask may run a tool without asking, or not run an approved one", askApproved),
      check("ask-denied", "a denied tool may run, or the session may not go on after it", askDenied),
      { ...check("stop", "stop may leave processes, a port or a record", stop), tried: "always" },
    ],
  },
  {
    name: "auto",
    approvals: "auto",
    trust: true,
    boot: "new",
    checks: [
      check("trust-option", "--trust does not get the agent to its prompt", prompt),
      check("auto", "--approvals auto may wait for an answer", auto),
      check("tool-outlives-turn", "a tool that goes on in the background may hide the end of its turn", outlivingTool),
      check("interrupt", "stop may kill a turn instead of interrupting it", interrupt),
      { ...check("stop-in-turn", "stop may leave the tools of the agent", stop), tried: "always" },
    ],
  },
  {
    name: "deny",
    approvals: "deny",
    trust: false,
    boot: "done",
    checks: [
      check("deny", "--approvals deny may run a tool", deny),
      { ...check("stop-after-deny", "stop may leave processes, a port or a record", stop), tried: "always" },
    ],
  },
];

function check(name: string, weaker: string, run: Check["run"]): Check {
  return { name, weaker, run, tried: "in order" };
}
