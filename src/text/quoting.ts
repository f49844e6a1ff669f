/**
 * Text as one word of a shell. What it says is never expanded, split or obeyed.
 */

/** In single quotes, as every POSIX shell reads them. The text must not hold a NUL: no shell word can. */
export function quotedForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
