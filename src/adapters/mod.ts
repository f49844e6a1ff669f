/**
 * The agents that harnex knows, one line each: in code, or by a profile that comes with it. A person's own profile
 * comes before the latter. Any other name is run as a generic terminal program.
 */

import { HarnexError } from "../model/errors.ts";
import type { Adapter, PtyAdapter } from "./adapter.ts";
import { claude } from "./claude/claude.ts";
import { codex } from "./codex/codex.ts";
import { codexTui } from "./codex/tui.ts";
import { createGenericAdapter } from "./generic.ts";
import type { Profile } from "./profile/profile.ts";

export const ADAPTERS: readonly Adapter[] = [
  claude,
  codex,
];

/** Agents of the table that can also be driven through their older interface. */
const LEGACY_ADAPTERS: readonly Adapter[] = [
  codexTui,
];

/** Profiles that come with harnex. */
const PROFILES = {
  gemini: () => import("./profile/gemini.json", { with: { type: "json" } }),
  opencode: () => import("./profile/opencode.json", { with: { type: "json" } }),
} as const;

export const SHIPPED_PROFILES = ["gemini", "opencode"] as const satisfies readonly (keyof typeof PROFILES)[];

export const KNOWN_AGENTS: readonly string[] = [...ADAPTERS.map(({ name }) => name), ...SHIPPED_PROFILES];

/** A person's own profile, as it was read. */
export interface TaughtAgent {
  path: string;
  text: string;
}

/** The adapter for the word after `harnex run`. Throws when the person's profile for it is not usable. */
export async function findAdapter(name: string, taught?: TaughtAgent): Promise<Adapter> {
  return await findTaught(name, taught) ?? ADAPTERS.find((adapter) => adapter.name === name) ??
    await findShipped(name) ?? createGenericAdapter(name);
}

/** The adapter that reads the screen of this agent, whichever way it is usually driven. */
export async function findScreenAdapter(name: string, taught?: TaughtAgent): Promise<PtyAdapter> {
  return await findTaught(name, taught) ?? [claude, codexTui].find((adapter) => adapter.name === name) ??
    await findShipped(name) ?? createGenericAdapter(name);
}

/** Undefined where there is no profile, or where it does not claim the place of a built-in agent. */
async function findTaught(name: string, taught: TaughtAgent | undefined): Promise<PtyAdapter | undefined> {
  if (taught === undefined) return undefined;
  const profile = await parseTaught(name, taught);
  if (!profile.replaces_built_in && ADAPTERS.some((adapter) => adapter.name === name)) return undefined;
  const { createProfileAdapter } = await import("./profile/adapter.ts");
  return createProfileAdapter(name, profile);
}

/** The person's profile. Throws when it is not usable. */
export async function parseTaught(name: string, { path, text }: TaughtAgent): Promise<Profile> {
  const { parseProfile } = await import("./profile/profile.ts");
  const profile = parseProfile(text);
  if (typeof profile !== "string") return profile;
  throw new HarnexError("invalid", `the profile of ${name}, ${path}: ${profile}; see: harnex guide adapters`);
}

async function findShipped(name: string): Promise<PtyAdapter | undefined> {
  const shipped = SHIPPED_PROFILES.find((known) => known === name);
  if (shipped === undefined) return undefined;
  const [{ readProfile }, { createProfileAdapter }, file] = await Promise.all([
    import("./profile/profile.ts"),
    import("./profile/adapter.ts"),
    PROFILES[shipped](),
  ]);
  const profile = readProfile(file.default);
  if (typeof profile === "string") throw new HarnexError("failed", `the profile of ${name} in harnex: ${profile}`);
  return createProfileAdapter(name, profile);
}

/** The adapter for `--legacy-pty`; undefined when the agent has none. */
export function findLegacyAdapter(name: string): Adapter | undefined {
  return LEGACY_ADAPTERS.find((adapter) => adapter.name === name);
}
