/**
 * How a program of this project is compiled. The benchmarks build their hello world with the same flags.
 */

export const COMPILE_FLAGS: readonly string[] = [
  "--quiet",
  "--no-check", // `deno task check` did, on the sources
  "--no-lock", // the bundle imports nothing
  "--no-config",
  "--no-code-cache", // it would be read from a guessable name in a shared folder
  "-A", // reading /proc needs it; guides/decisions.md
  "--v8-flags=--optimize-for-size,--expose-gc", // src/platform/memory.ts collects when a session is quiet
];
