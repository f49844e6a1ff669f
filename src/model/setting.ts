/** A variable of an environment. One that is set to nothing, or to blanks, counts as not set. */
export function setting(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value.trim() === "" ? undefined : value;
}
