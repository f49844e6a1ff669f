/**
 * What an agent's adapter says about its own trial: how `doctor --probe` runs the agent in a throw-away home against a
 * mock model, and which of its behaviour the checks rely on. Data and pure functions.
 */

import type { BlockKind, SignalSource } from "./signal.ts";

/** The model API that an agent speaks. */
export const MODEL_DIALECTS = ["messages", "responses"] as const;
export type ModelDialect = (typeof MODEL_DIALECTS)[number];

/** One answer of the mock model. */
export type ModelReply =
  | { kind: "say"; text: string }
  | { kind: "tool"; name: string; input: Readonly<Record<string, unknown>> };

/** Where a trial takes place; all paths are absolute and private. */
export interface TrialPlace {
  /** the agent's HOME */
  home: string;
  /** the agent's working directory */
  project: string;
  /** base URL of the mock model, without a path of the API */
  modelUrl: string;
  /** `done`: the home says that the questions at boot were answered before */
  boot: "new" | "done";
}

/** The files of the throw-away home, and the agent's own environment variables. */
export interface TrialHome {
  files: readonly { path: string; text: string }[];
  env: Readonly<Record<string, string>>;
}

export interface Trial {
  dialect: ModelDialect;
  prepare(place: TrialPlace): TrialHome;
  /** words after the agent's name on the command line */
  args: readonly string[];
  /** the question that the agent asks at boot in a new directory; undefined if it asks none */
  bootDialog: { on: BlockKind; yes: RegExp } | undefined;
  /** a call of the agent's shell tool, for which the agent asks permission */
  shell(command: string): ModelReply;
  /** a shell line that starts `command` in the background, so that it outlives the tool's call and the turn */
  leaveRunning(command: string): string;
  /** a question of the model to the user, and the label to answer it with; undefined if the agent has none */
  question: { reply: ModelReply; choice: string } | undefined;
  /** the strongest source that reports the end of a turn; a weaker one means that the strongest is missing */
  turnEndsBy: SignalSource;
  /** the version in the `User-Agent` of the agent's requests */
  version: RegExp;
}
