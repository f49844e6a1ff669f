/** How an installed agent is recognised, and which versions of it are known to work. */

export interface Probe {
  /** prints the version */
  argv: readonly string[];
  minVersion: string;
  /** the version that this adapter's recordings are from */
  testedUpTo: string;
  /** `doctor` fails without it, unless it is asked about others only */
  requiredByDefault: boolean;
}
