/**
 * The agents that harnex knows, one row each: in code, or by a profile that comes with harnex. To add one, write
 * `adapters/<name>/` and a row here. Any other name runs as a generic terminal program.
 */

import { HarnexError } from "../model/errors.ts";
import { assertNever } from "../model/never.ts";
import { type Adapter, COMMON_LABELS, type PtyAdapter, type RpcAdapter } from "./adapter.ts";
import { claude } from "./claude/claude.ts";
import { codex } from "./codex/codex.ts";
import { codexTui } from "./codex/tui.ts";
import { createGenericAdapter } from "./generic.ts";
import type { Profile } from "./profile/profile.ts";

export type AgentRow =
  /** driven in its terminal, by an adapter in code */
  | { kind: "terminal"; adapter: PtyAdapter }
  /** driven by protocol; `legacy` is its older interface, its terminal, for `--legacy-pty` */
  | { kind: "protocol"; adapter: RpcAdapter; legacy?: PtyAdapter }
  /** driven in its terminal, by a profile; `name` is the word after `harnex run`, `load` reads the profile's JSON */
  | { kind: "profile"; name: string; load: () => Promise<{ default: unknown }> };

/** A person's own profile for an agent, as it was read. */
export interface TaughtAgent {
  path: string;
  text: string;
}

export interface FindOptions {
  /** the person's own profile of that name, if there is one */
  taught?: TaughtAgent | undefined;
  /** `legacy`: through the agent's older interface, which no profile replaces */
  drive?: "usual" | "legacy";
}

/** All that the rest of harnex may ask about agents as such. */
export interface Agents {
  /** the names of all rows, in their order */
  readonly names: readonly string[];
  /** the names that a person's own profile takes only with `replaces_built_in` */
  readonly builtIn: readonly string[];
  /**
   * The adapter for the word after `harnex run`. Throws HarnexError("invalid") when the person's profile is not usable,
   * or when the agent has no older interface to drive.
   */
  find(name: string, options?: FindOptions): Promise<Adapter>;
  /** The adapter that reads this agent's screen, even if harnex usually drives it by protocol. Throws as `find`. */
  findScreen(name: string, taught?: TaughtAgent): Promise<PtyAdapter>;
  /** Every name of a state that these agents' adapters may give, as `input_state.state`; each once. */
  labels(): Promise<readonly string[]>;
}

/** The agents of these rows. */
export function createAgents(rows: readonly AgentRow[]): Agents {
  const names = rows.map(nameOf);
  const builtIn = rows.filter(({ kind }) => kind !== "profile").map(nameOf);
  const rowOf = (name: string) => rows.find((row) => nameOf(row) === name);

  async function findTaught(name: string, taught: TaughtAgent | undefined): Promise<PtyAdapter | undefined> {
    if (taught === undefined) return undefined;
    const profile = await parseTaught(name, taught);
    if (!profile.replaces_built_in && builtIn.includes(name)) return undefined;
    const { createProfileAdapter } = await import("./profile/adapter.ts");
    return createProfileAdapter(name, profile);
  }

  function findLegacy(name: string): PtyAdapter {
    const legacy = rows.flatMap((row) => row.kind === "protocol" && row.legacy !== undefined ? [row.legacy] : []);
    const found = legacy.find((adapter) => adapter.name === name);
    if (found !== undefined) return found;
    const having = legacy.map((adapter) => adapter.name);
    throw new HarnexError("invalid", `--legacy-pty is for ${having.join(", ")}; run ${name} without it`);
  }

  return {
    names,
    builtIn,
    async find(name, { taught, drive = "usual" } = {}) {
      if (drive === "legacy") return findLegacy(name);
      const row = rowOf(name);
      return await findTaught(name, taught) ?? (row === undefined ? createGenericAdapter(name) : await adapterOf(row));
    },
    async findScreen(name, taught) {
      const row = rowOf(name);
      return await findTaught(name, taught) ?? (row && await screenAdapterOf(row)) ?? createGenericAdapter(name);
    },
    async labels() {
      const adapters = await Promise.all(rows.flatMap((row) => [adapterOf(row), screenAdapterOf(row)]));
      const found = [...adapters, createGenericAdapter("generic")].flatMap((adapter) => adapter?.labels ?? []);
      return [...new Set([...COMMON_LABELS, ...found])];
    },
  };
}

function nameOf(row: AgentRow): string {
  return row.kind === "profile" ? row.name : row.adapter.name;
}

async function adapterOf(row: AgentRow): Promise<Adapter> {
  return row.kind === "profile" ? await loadShipped(row) : row.adapter;
}

/** Undefined for an agent without a terminal. */
async function screenAdapterOf(row: AgentRow): Promise<PtyAdapter | undefined> {
  switch (row.kind) {
    case "terminal":
      return row.adapter;
    case "protocol":
      return row.legacy;
    case "profile":
      return await loadShipped(row);
    default:
      return assertNever(row);
  }
}

async function loadShipped({ name, load }: Extract<AgentRow, { kind: "profile" }>): Promise<PtyAdapter> {
  const [{ readProfile }, { createProfileAdapter }, file] = await Promise.all([
    import("./profile/profile.ts"),
    import("./profile/adapter.ts"),
    load(),
  ]);
  const profile = readProfile(file.default);
  if (typeof profile === "string") throw new HarnexError("failed", `the profile of ${name} in harnex: ${profile}`);
  return createProfileAdapter(name, profile);
}

/** The person's profile of the agent `name`. Throws HarnexError("invalid") when it is not usable. */
export async function parseTaught(name: string, { path, text }: TaughtAgent): Promise<Profile> {
  const { parseProfile } = await import("./profile/profile.ts");
  const profile = parseProfile(text);
  if (typeof profile !== "string") return profile;
  throw new HarnexError("invalid", `the profile of ${name}, ${path}: ${profile}; see: harnex guide adapters`);
}

/** The agents that come with harnex. */
export const AGENTS: Agents = createAgents([
  { kind: "terminal", adapter: claude },
  { kind: "protocol", adapter: codex, legacy: codexTui },
  { kind: "profile", name: "gemini", load: () => import("./profile/gemini.json", { with: { type: "json" } }) },
  { kind: "profile", name: "opencode", load: () => import("./profile/opencode.json", { with: { type: "json" } }) },
]);
