/** How an installed agent is recognised, and which versions of it are known to work. Pure. */

export interface Probe {
  /** prints the version */
  argv: readonly string[];
  minVersion: string;
  /** the version that this adapter's recordings are from */
  testedUpTo: string;
  /** `doctor` fails without it, unless it is asked about others only */
  requiredByDefault: boolean;
  /** the command that gets it */
  install?: string;
}

/** The version in what a program printed when asked for it. */
export function versionIn(text: string): string | undefined {
  return /[0-9]+(?:\.[0-9]+)+[a-z]?/.exec(text)?.[0];
}
