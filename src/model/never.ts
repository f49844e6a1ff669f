/** The end of every `switch` over a union. */

/** Makes a forgotten case a compile error, and a loud one at run time. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`);
}
