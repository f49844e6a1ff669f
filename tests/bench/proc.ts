/**
 * What Linux says about a process: memory that is its own, processor time, descendants.
 */

export interface Memory {
  /** not backed by a file: heap and stacks, what one more process costs */
  anonymousMb: number;
  privateDirtyMb: number;
  residentMb: number;
  /** its share of everything, so that a sum over processes counts nothing twice */
  proportionalMb: number;
}

export function readMemory(pid: number): Memory {
  const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? NaN) / 1024;
  return {
    anonymousMb: field("Anonymous"),
    privateDirtyMb: field("Private_Dirty"),
    residentMb: field("Rss"),
    proportionalMb: field("Pss"),
  };
}

export function describeMemory({ privateDirtyMb, residentMb }: Memory): string {
  return `Anonymous; Private_Dirty ${privateDirtyMb.toFixed(1)}, resident ${residentMb.toFixed(1)} MB`;
}

/** User and system time of a process so far, in ticks of 10 ms. */
export function readTicks(pid: number): number {
  const fields = statFields(pid);
  return Number(fields[11]) + Number(fields[12]);
}

/** Fields of /proc/PID/stat from the state on: the command name before it may hold blanks. */
function statFields(pid: number): string[] {
  const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** A process and everything that descends from it. */
export function listTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const collect = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(collect)];
  return collect(root);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(statFields(pid)[1]);
  } catch {
    return undefined; // it has ended since the folder was listed
  }
}
