/** How tables show a time span, a repository and a description. Pure. */

const REPO_TAIL = 18;
const DESCRIPTION_LIMIT = 27;

/** Whole seconds, minutes, hours or days. */
export function age(inSeconds: number): string {
  const whole = Math.max(0, Math.floor(inSeconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)}h`;
  return `${Math.floor(whole / 86_400)}d`;
}

/** The established look: the home directory as `~`, long paths by their end. */
export function shortRepo(path: string, home: string | undefined): string {
  const short = home !== undefined && home !== "" && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
  return short.length > REPO_TAIL + 2 ? `..${short.slice(-REPO_TAIL)}` : short;
}

export function shortDescription(description: unknown): string {
  if (typeof description !== "string") return "";
  return description.length > DESCRIPTION_LIMIT + 3 ? `${description.slice(0, DESCRIPTION_LIMIT)}...` : description;
}
