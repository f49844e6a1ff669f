/** The defined variables of an environment, without these names. */
export function environmentWithout(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !names.includes(name)) kept[name] = value;
  }
  return kept;
}

/** A variable of an environment. An empty or blank one counts as not set. */
export function setting(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value.trim() === "" ? undefined : value;
}
