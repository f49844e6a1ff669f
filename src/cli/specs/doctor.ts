/** `harnex doctor` and `harnex demo`: options and help of the two commands that look at this machine. */

import { HarnexError } from "../../model/errors.ts";
import { defineCommand, type Invocation } from "../parser/command.ts";
import { flag, repeated, text, type ValuesOf } from "../parser/option.ts";
import { EXIT_FAILED, EXIT_USAGE } from "./shared_options.ts";

const DOCTOR_OPTIONS = {
  adapter: repeated(text({
    placeholder: "NAME",
    completes: "agents",
    help: "check this agent only, and require it; may be given several times",
  })),
  sweep: flag("clean up after sessions whose host has died: records, and what is found running of them"),
  kill: flag("with --sweep: end what was found running, and close dead tmux windows"),
  json: flag("print one JSON line on a terminal, too"),
};

export type DoctorOptions = ValuesOf<typeof DOCTOR_OPTIONS>;
export type DoctorInvocation = Invocation<DoctorOptions>;

export const DOCTOR = defineCommand({
  name: "doctor",
  summary: "check that this machine has what harnex needs",
  paragraph: "Looks for the agents, for tmux, script and git, at the state directory and for sessions that died. " +
    "Prints every check and what it found: a table on a terminal, one JSON line elsewhere.",
  usage: ["doctor [options]"],
  options: DOCTOR_OPTIONS,
  arguments: {},
  examples: [
    { note: "before the first run, where only Claude Code is used", command: "harnex doctor --adapter claude" },
    { note: "after a crash", command: "harnex doctor --sweep --kill" },
  ],
  gotchas: [
    "Without --adapter a missing or too old codex fails; any other missing agent is a warning.",
    "Nothing is changed unless --sweep is given, and nothing is killed without --kill.",
    "--kill ends only processes that carry the mark of a session of this state directory whose host is dead.",
  ],
  exitStatus: [["0", "healthy"], ["1", "a required check failed"], ["2", EXIT_USAGE]],
  check: checkDoctor,
  load: () => import("../commands/doctor.ts"),
});

function checkDoctor({ options }: DoctorInvocation): void {
  if (options.kill && !options.sweep) throw new HarnexError("usage", "--kill needs --sweep: it ends what that finds");
}

export type DemoInvocation = Invocation<Readonly<Record<never, never>>>;

export const DEMO = defineCommand({
  name: "demo",
  summary: "show the main commands at work, in two minutes",
  paragraph:
    "Runs a small agent that is built in through run, send, wait, logs, events and stop, showing each command " +
    "before its output. It uses a state directory of its own and leaves nothing behind.",
  usage: ["demo"],
  options: {},
  arguments: {},
  examples: [
    { note: "the tour", command: "harnex demo" },
    { note: "the tour, to be read later", command: "harnex demo > tour.txt" },
  ],
  gotchas: ["It needs the program script and nothing else; harnex doctor says whether it is there."],
  exitStatus: [["0", "every step worked"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  load: () => import("../commands/demo.ts"),
});
