/**
 * Returns freed memory to the system, which V8 and the C library would keep.
 */

/**
 * Takes about 50 ms. After 3,000 messages a host goes from 38 MB of its own to 21: a third of that by the garbage
 * collection, the rest by glibc, which returns what V8's compilers have freed. One of the two is skipped where it is
 * not available: the first when run from source, the second with another C library.
 */
export function releaseMemory(): void {
  collectGarbage();
  if (Deno.build.os === "linux") trim();
}

/** Compiled programs have `gc` (.ci/compile_flags.ts). A plain collection would leave 5 MB more. */
function collectGarbage(): void {
  const gc: unknown = Reflect.get(globalThis, "gc");
  if (typeof gc === "function") gc({ type: "major", flavor: "last-resort" });
}

function trim(): void {
  try {
    const glibc = Deno.dlopen("libc.so.6", { malloc_trim: { parameters: ["usize"], result: "i32" } });
    glibc.symbols.malloc_trim(0n);
    glibc.close();
  } catch (error) {
    if (!(error instanceof Error)) throw error; // another C library
  }
}
