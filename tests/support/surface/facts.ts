/**
 * The public surface as a list of facts, one line each, by section: two versions are compared as two sets.
 */

/** Sections with their facts, both sorted, each fact once. */
export type Surface = Readonly<Record<string, readonly string[]>>;

export interface Facts {
  add(section: string, ...facts: readonly string[]): void;
  /** The fields of a JSON value and their types, each fact behind `name`. */
  shape(section: string, name: string, value: unknown): void;
  surface(): Surface;
}

/** Fields whose words are part of the contract; of every other field only the type is. */
const WORDS = [
  "ok",
  "status",
  "state",
  "agent_state",
  "signal",
  "mode",
  "type",
  "reason",
  "exit",
  "transport",
  "on",
  "phase",
  "event",
  "by",
  "decision",
  "dry_run",
  "harness",
];

export function createFacts(): Facts {
  const sections = new Map<string, Set<string>>();
  function add(section: string, ...facts: readonly string[]): void {
    const known = sections.get(section) ?? new Set();
    for (const fact of facts) known.add(fact);
    sections.set(section, known);
  }
  return {
    add,
    shape(section, name, value) {
      add(section, ...shapeOf(value).map((fact) => `${name} > ${fact}`));
    },
    surface() {
      const entries = [...sections].map(([name, facts]) => [name, [...facts].sort()] as const);
      return Object.fromEntries(entries.sort(([one], [other]) => one < other ? -1 : 1));
    },
  };
}

/** `checks[].name: string`, a fact for every field at every depth. */
export function shapeOf(value: unknown, path = ""): string[] {
  const here = `${path === "" ? "." : path}: ${typeOf(value, path)}`;
  if (Array.isArray(value)) return [here, ...new Set(value.flatMap((item) => shapeOf(item, `${path}[]`)))];
  if (typeof value !== "object" || value === null) return [here];
  const fields = Object.entries(value).flatMap(([key, field]) => shapeOf(field, path === "" ? key : `${path}.${key}`));
  return path === "" || path.endsWith("[]") ? fields : [here, ...fields];
}

function typeOf(value: unknown, path: string): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  const field = path.split(".").at(-1) ?? "";
  const isWord = typeof value === "string" || typeof value === "boolean";
  return isWord && WORDS.includes(field) ? JSON.stringify(value) : typeof value;
}

/**
 * Facts about several values of one kind: a field that only some of them have is marked with `?`. A value without a
 * field also lacks the fields inside, which are then marked alone.
 */
export function commonShape(values: readonly unknown[]): string[] {
  const shapes = values.map((value) => shapeOf(value).map(splitFact));
  const known = new Set(shapes.flat().map(([path]) => path));
  const isAlways = (path: string) => shapes.every((shape) => shape.some(([other]) => other === path));
  return [...known].flatMap((path) => {
    const types = new Set(shapes.flat().flatMap(([other, type]) => other === path ? [type] : []));
    return [...types].map((type) => `${path}${isAlways(path) ? "" : "?"}: ${type}`);
  });
}

function splitFact(fact: string): [path: string, type: string] {
  const at = fact.indexOf(": ");
  return [fact.slice(0, at), fact.slice(at + 2)];
}

export interface SurfaceChange {
  /** facts of the older surface that the newer one lacks: something was removed, renamed or retyped */
  removed: string[];
  added: string[];
}

/** Both lists as `section: fact`. */
export function compareSurfaces(before: Surface, after: Surface): SurfaceChange {
  const list = (surface: Surface) =>
    Object.entries(surface).flatMap(([section, facts]) => facts.map((fact) => `${section}: ${fact}`));
  const [old, now] = [list(before), list(after)];
  const [oldSet, nowSet] = [new Set(old), new Set(now)];
  return { removed: old.filter((fact) => !nowSet.has(fact)), added: now.filter((fact) => !oldSet.has(fact)) };
}

/** The added facts that no entry of the list gives a reason for, and the entries that are about nothing. */
export function findUnlisted(
  added: readonly string[],
  reasons: Readonly<Record<string, string>>,
): { unlisted: string[]; stale: string[] } {
  const covers = (entry: string, fact: string) =>
    entry.endsWith("*") ? fact.startsWith(entry.slice(0, -1)) : fact === entry;
  const entries = Object.keys(reasons);
  return {
    unlisted: added.filter((fact) => !entries.some((entry) => covers(entry, fact))),
    stale: entries.filter((entry) => reasons[entry]?.trim() === "" || !added.some((fact) => covers(entry, fact))),
  };
}
