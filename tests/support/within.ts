/**
 * A deadline for what a test waits on. Tests wait on events, never on time.
 */

/** The value of `promise`, or an error that names `what` when it takes longer than `ms`. */
export async function within<T>(ms: number, promise: Promise<T>, what = "the awaited event"): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} did not come within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
