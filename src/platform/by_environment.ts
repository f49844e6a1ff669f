/**
 * Finds processes by a variable of their environment. That finds the descendants of an agent also when they have left
 * its process group, its process session and their parent. Only Linux shows the environment of a process.
 */

import type { OsSignal, ProcessRef } from "./platform.ts";
import { listPids, readProc, readProcRow, signalProcess } from "./process.ts";

/** At most so many passes, each of a few milliseconds, while processes go on starting and ending. */
const MAX_PASSES = 100;

/** Processes with the entry `NAME=value`. Each gets the signal as soon as it is found; some may have ended since. */
export async function findByEnvironment(entry: string, signal?: OsSignal): Promise<ProcessRef[]> {
  const [name = ""] = entry.split("=", 1);
  return await scan(name, entry.slice(name.length + 1), signal);
}

/** Processes that have the variable, each with its value. */
export async function findByVariable(name: string): Promise<(ProcessRef & { value: string })[]> {
  return await scan(name, undefined, undefined);
}

/**
 * Repeats until a pass has examined every process that it met. A process that ended before it was examined may have
 * started another one, which the next pass meets. So none is missed, however fast they follow each other.
 */
async function scan(
  name: string,
  wanted: string | undefined,
  signal: OsSignal | undefined,
): Promise<(ProcessRef & { value: string })[]> {
  const found: (ProcessRef & { value: string })[] = [];
  const examined = new Set<string>();
  let isWhole = Deno.build.os !== "linux";
  for (let pass = 0; !isWhole && pass < MAX_PASSES; pass++) {
    isWhole = true;
    for (const pid of listPids().filter((pid) => !examined.has(pid))) {
      const seen = look(pid, name);
      if (seen.kind === "gone" || seen.kind === "unclear") isWhole = false;
      if (seen.kind !== "unclear") examined.add(pid);
      if (seen.kind !== "found" || seen.value !== (wanted ?? seen.value)) continue;
      if (signal !== undefined) await signalProcess(seen.row, signal);
      found.push({ ...seen.row, value: seen.value });
    }
  }
  return found;
}

/**
 * `gone`: it has ended, is a zombie, or belongs to another user. `unclear`: it is about to become another program, and
 * has neither arguments nor environment for a moment. `bare`: it does not have the variable.
 */
type Look = { kind: "gone" | "unclear" | "bare" } | { kind: "found"; row: ProcessRef; value: string };

function look(pid: string, name: string): Look {
  const environment = readProc(`/proc/${pid}/environ`);
  if (environment === undefined) return { kind: "gone" };
  if (environment === "" && readProc(`/proc/${pid}/cmdline`) === "") {
    return { kind: readProc(`/proc/${pid}/statm`)?.startsWith("0 ") === false ? "unclear" : "gone" };
  }
  const entry = environment.split("\0").find((line) => line.startsWith(`${name}=`));
  if (entry === undefined) return { kind: "bare" };
  const row = readProcRow(pid);
  return row === undefined ? { kind: "gone" } : { kind: "found", row, value: entry.slice(name.length + 1) };
}
