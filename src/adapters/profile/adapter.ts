/** The adapter of an agent that harnex knows by its profile alone. */

import { HarnexError } from "../../model/errors.ts";
import type { Keystroke, PtyBehaviour, ScreenAnswer } from "../../transports/agent_process.ts";
import type { Screen } from "../../transports/terminal/screen.ts";
import type { LaunchPlan, LaunchRequest, PtyAdapter } from "../adapter.ts";
import { keysToMark, keysToTakeBack } from "../menu.ts";
import { pasteOf } from "../paste.ts";
import { MESSAGE_GIVEN_BACK, TYPING } from "../typing.ts";
import { type Profile, VALUE } from "./profile.ts";
import { findDialog, labelOf, readByProfile, readDraftBy } from "./screen.ts";

/** An agent that shows its work shows it sooner than this after a submission. */
const UNSEEN_WORK_MS = 2_500;
/** Shorter work that no message explains is a redraw or a command of the program itself, not a turn. */
const UNEXPLAINED_WORK_MS = 500;
const TERM_MS = 2_000;
const KEY_PAUSE_MS = 300;

/** The adapter for the agent `name` by its profile, which `parseProfile` or `readProfile` gave. */
export function createProfileAdapter(name: string, profile: Profile): PtyAdapter {
  const { version, command, install, busy } = profile;
  const showsWork = busy.length > 0;
  const behaviour: PtyBehaviour = {
    policy: {
      readySettleMs: profile.settle_ms,
      // Where nothing shows work, only quiet output at the prompt shows that it is over.
      settleBy: showsWork ? "verdict" : "output",
      unseenWorkMs: showsWork ? UNSEEN_WORK_MS : 0,
      unexplainedWorkMs: UNEXPLAINED_WORK_MS,
    },
    graces: { askMs: profile.exit_grace_ms, termMs: TERM_MS },
    typing: TYPING,
    fromScreen: (screen) => readByProfile(profile, screen),
    draft: (screen) => readDraftBy(profile, screen),
    keysFor: (text) => [pasteOf(guarded(profile, text))],
    ...(profile.input === undefined
      ? { inputBox: "uncertain" }
      : { inputBox: "certain", returnedDraftMeans: MESSAGE_GIVEN_BACK }),
    keysToSubmit: profile.submit,
    ...(profile.clear === undefined ? {} : { keysToClear: profile.clear }),
    keysToInterrupt: () => profile.interrupt,
    keysToStop: (screen) => keysToStop(profile, screen),
    keysToAnswer: (screen, answer) => keysToAnswer(profile, screen, answer),
  };
  return {
    name,
    labels: profile.dialogs.map(labelOf),
    transport: "pty",
    ...(version === undefined ? {} : {
      probe: {
        argv: [command, ...version.args],
        minVersion: version.at_least,
        testedUpTo: version.tested,
        requiredByDefault: false,
        ...(install === undefined ? {} : { install }),
      },
    }),
    plan: (request) => plan(name, profile, request),
    behaviour,
  };
}

function plan(name: string, profile: Profile, request: LaunchRequest): LaunchPlan {
  const { approvals, context, trust, args } = request;
  if (approvals === "deny" && profile.approvals.deny === undefined) {
    throw new HarnexError(
      "invalid",
      `--approvals deny: the profile of ${name} does not say how; use --approvals ask, or add approvals.deny to the profile`,
    );
  }
  const argv = [
    profile.command,
    ...profile.args,
    ...profile.approvals[approvals] ?? [],
    ...(trust ? profile.trust ?? [] : []),
    ...wordsFor(name, profile, { option: "model", value: request.model }),
    ...wordsFor(name, profile, { option: "effort", value: request.effort }),
    ...args,
  ];
  const env = Object.keys(profile.env).length === 0 ? {} : { env: profile.env };
  if (context === undefined || profile.first_task === undefined) return { ...env, argv, contextInArgv: false };
  return { ...env, argv: [...argv, ...fill(profile.first_task, context)], contextInArgv: true };
}

function wordsFor(
  name: string,
  profile: Profile,
  { option, value }: { option: "model" | "effort"; value: string | undefined },
): readonly string[] {
  const words = profile[option];
  if (value === undefined) return [];
  if (words !== undefined) return fill(words, value);
  throw new HarnexError(
    "invalid",
    `--${option}: the profile of ${name} does not say how; write ${name}'s own option after its name, or add "${option}" to the profile`,
  );
}

function fill(words: readonly string[], value: string): string[] {
  return words.map((word) => word.split(VALUE).join(value));
}

/** The text with the guards of the profile, which keep the agent from taking it for a command. */
function guarded({ guard }: Profile, text: string): string {
  const fitting = guard.filter(({ when }) => when.test(text));
  return [...fitting.map(({ before }) => before), text, ...fitting.map(({ after }) => after)].join("");
}

/** Empties the line in terminals and in most line editors. */
const CTRL_U: Keystroke = { kind: "key", key: "ctrl-u" };

/**
 * Over a dialog an Enter could say yes, so harnex presses only keys that cancel there. It clears a draft first, because
 * the exit keys would add to it.
 */
function keysToStop(profile: Profile, screen: Screen): readonly Keystroke[] {
  if (findDialog(profile, screen) === undefined) {
    const isDraftThere = (readDraftBy(profile, screen) ?? "") !== "" && readByProfile(profile, screen).kind === "ready";
    return isDraftThere ? [...profile.clear ?? [CTRL_U], ...profile.exit] : profile.exit;
  }
  return keysToTakeBack(KEY_PAUSE_MS);
}

function keysToAnswer(profile: Profile, screen: Screen, answer: ScreenAnswer): readonly Keystroke[] | undefined {
  const shown = findDialog(profile, screen);
  if (shown === undefined) return undefined;
  const { dialog, menu, choices } = shown;
  if (menu === undefined || dialog.menu === undefined) {
    const offered = dialog.choices?.filter(({ label }) => choices.includes(label)) ?? [];
    return offered.find(({ label, decides }) =>
      answer.kind === "choice" ? label === answer.label : decides === answer.kind
    )?.keys;
  }
  const { pick } = dialog.menu;
  const decides = answer.kind === "choice" ? undefined : dialog.menu[answer.kind];
  const wanted = choices.findIndex((choice) =>
    answer.kind === "choice" ? choice === answer.label : decides?.test(choice) ?? false
  );
  if (wanted < 0) return undefined;
  if (pick === "arrows") return keysToMark(menu, wanted, menu.mark);
  const digit: Keystroke = { kind: "text", text: `${wanted + 1}` };
  if (pick === "digit") return [digit];
  const reason = "Enter takes the marked entry, whichever that is";
  const words = `${menu.mark}${menu.entries[wanted] ?? ""}`;
  return [digit, { kind: "see", words, limitMs: TERM_MS, otherwise: "stop", reason }, { kind: "key", key: "enter" }];
}
