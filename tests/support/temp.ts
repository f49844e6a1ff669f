/**
 * Temporary folders for tests: private to the user, and gone when the test is over.
 */

import { join } from "node:path";

/** A freshly removed folder may still get a file from a process that is just ending. */
const REMOVE_ATTEMPTS = 5;

export interface TempDir extends Disposable {
  /** absolute, without symlinks */
  readonly path: string;
  join(...names: string[]): string;
}

/** `using dir = tempDir();` */
export function tempDir(): TempDir {
  const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "harnex-test-" }));
  Deno.chmodSync(path, 0o700);
  return {
    path,
    join: (...names) => join(path, ...names),
    [Symbol.dispose]: () => removeAll(path),
  };
}

export async function withTempDir<T>(use: (path: string) => T | Promise<T>): Promise<T> {
  using dir = tempDir();
  return await use(dir.path);
}

function removeAll(path: string): void {
  for (let attempt = 1;; attempt++) {
    try {
      return Deno.removeSync(path, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      if (attempt === REMOVE_ATTEMPTS) throw error;
    }
  }
}
