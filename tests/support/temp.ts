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
    [Symbol.dispose]: () => keep(path) || removeAll(path),
  };
}

export async function withTempDir<T>(use: (path: string) => T | Promise<T>): Promise<T> {
  using dir = tempDir();
  return await use(dir.path);
}

/** Moves a folder to the one that `HARNEX_KEEP_DIR` names, where there is such a one. */
function keep(path: string): boolean {
  const folder = Deno.env.get("HARNEX_KEEP_DIR");
  if (folder === undefined || folder === "") return false;
  Deno.mkdirSync(folder, { recursive: true });
  // Across devices, too, and with the pipes and sockets in it.
  return new Deno.Command("mv", { args: [path, folder], stderr: "null" }).outputSync().success;
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
