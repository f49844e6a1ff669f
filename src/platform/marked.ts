/**
 * Processes that carry a mark in their environment, which is how the descendants of an agent are known that have left
 * its process group, its session and their parent. Only Linux tells the environment of a process.
 */

import type { OsSignal, ProcessRef } from "./platform.ts";
import { listPids, readProc, readProcRow, signalProcess } from "./process.ts";

/** How often is looked for processes that go on appearing and vanishing; each time takes a few milliseconds. */
const LOOKS = 100;

/** `marker` is `NAME=value`. Each process gets the signal as soon as it is found; some may have ended since. */
export async function listMarked(marker: string, signal?: OsSignal): Promise<ProcessRef[]> {
  const [name = ""] = marker.split("=", 1);
  return await scan(name, marker.slice(name.length + 1), signal);
}

/** All that have the variable, with its value. */
export async function listByVariable(name: string): Promise<(ProcessRef & { value: string })[]> {
  return await scan(name, undefined, undefined);
}

/**
 * Looks until all that it has met could be examined. What has ended before that may have started another just then;
 * that one is among those of the next look. So none is missed, however fast they follow each other.
 */
async function scan(
  name: string,
  wanted: string | undefined,
  signal: OsSignal | undefined,
): Promise<(ProcessRef & { value: string })[]> {
  const found: (ProcessRef & { value: string })[] = [];
  const examined = new Set<string>();
  let isWhole = Deno.build.os !== "linux";
  for (let looks = 0; !isWhole && looks < LOOKS; looks++) {
    isWhole = true;
    for (const pid of listPids().filter((pid) => !examined.has(pid))) {
      const seen = look(pid, name);
      if (seen.kind === "gone" || seen.kind === "unclear") isWhole = false;
      if (seen.kind !== "unclear") examined.add(pid);
      if (seen.kind !== "marked" || seen.value !== (wanted ?? seen.value)) continue;
      if (signal !== undefined) await signalProcess(seen.row, signal);
      found.push({ ...seen.row, value: seen.value });
    }
  }
  return found;
}

/**
 * `gone`: it has ended, as a zombie too, or is not ours to look at. `unclear`: it replaces its program, and has neither
 * arguments nor environment for a moment.
 */
type Look = { kind: "gone" | "unclear" | "bare" } | { kind: "marked"; row: ProcessRef; value: string };

function look(pid: string, name: string): Look {
  const environment = readProc(`/proc/${pid}/environ`);
  if (environment === undefined) return { kind: "gone" };
  if (environment === "" && readProc(`/proc/${pid}/cmdline`) === "") {
    return { kind: readProc(`/proc/${pid}/statm`)?.startsWith("0 ") === false ? "unclear" : "gone" };
  }
  const entry = environment.split("\0").find((line) => line.startsWith(`${name}=`));
  if (entry === undefined) return { kind: "bare" };
  const row = readProcRow(pid);
  return row === undefined ? { kind: "gone" } : { kind: "marked", row, value: entry.slice(name.length + 1) };
}
