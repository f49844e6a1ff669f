/** The version, in one place; a test compares it with `deno.json`. */

export const VERSION = "0.7.0";
export const RELEASED = "2026-11-22";
/** Folder of release folders, without a slash at its end; "" in a build that was made outside a release. */
export const RELEASES: string = "";
