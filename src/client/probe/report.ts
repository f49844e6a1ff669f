/** The report of a probe that found something: text to attach to an issue, without anything private. Pure. */

import type { ReadEvent } from "../../model/events.ts";
import type { ProbeOutcome } from "../../store/probes.ts";

/** What a scene left to look at. */
export interface SceneRecord {
  name: string;
  events: readonly ReadEvent[];
  /** screens, each with the check after which it was taken */
  screens: readonly { after: string; text: string }[];
}

export interface ReportContext {
  os: string;
  /** texts that must not appear, each with what stands in its place */
  hidden: readonly (readonly [text: string, replacement: string])[];
}

export function composeReport(
  outcome: ProbeOutcome,
  scenes: readonly SceneRecord[],
  { os, hidden }: ReportContext,
): string {
  const lines = [
    `harnex ${outcome.harnex}, ${outcome.agent} ${outcome.version ?? "(unknown version)"}, ${os}`,
    "",
    "Checks",
    ...outcome.checks.map(({ name, ok, detail }) =>
      `  ${ok ? "ok    " : "FAILED"} ${name}${detail === undefined ? "" : `: ${detail}`}`
    ),
    ...scenes.flatMap(({ name, events, screens }) => [
      "",
      `Events of --approvals ${name}`,
      ...events.map((event) => `  ${JSON.stringify(event)}`),
      ...screens.flatMap(({ after, text }) => [
        "",
        `Screen of --approvals ${name}, after ${after}`,
        ...text.trimEnd().split("\n").map((row) => `  | ${row}`),
      ]),
    ]),
    "",
  ];
  // The longest first: a folder may lie inside the home.
  const ordered = [...hidden].filter(([text]) => text.length > 1).sort(([one], [other]) => other.length - one.length);
  return ordered.reduce((text, [secret, replacement]) => text.replaceAll(secret, replacement), lines.join("\n"));
}
