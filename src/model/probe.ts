/** How to find the version of an installed agent, and which versions are known to work. Pure. */

export interface Probe {
  /** prints the version */
  argv: readonly string[];
  minVersion: string;
  /** the version that this adapter's recordings are from */
  testedUpTo: string;
  /** the npm package that it may be installed as, whose `package.json` gives the version without running the agent */
  package?: string;
  /** whether `doctor` fails without it, unless `doctor` is asked about other agents only */
  requiredByDefault: boolean;
  /** the command that installs it */
  install?: string;
}

/** The version in the output of a program's version command. */
export function versionIn(text: string): string | undefined {
  return /[0-9]+(?:\.[0-9]+)+[a-z]?/.exec(text)?.[0];
}

/** Below, at or above zero, number by number; letters behind a number do not count. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [one, other].map((version) => version.split(".").map((part) => Number.parseInt(part, 10) || 0));
  for (let index = 0; index < Math.max(left?.length ?? 0, right?.length ?? 0); index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
