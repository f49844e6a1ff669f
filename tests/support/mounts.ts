/** Mounts, for disks that are full or read-only where the tests run as root. */

function mount(...args: string[]): boolean {
  return new Deno.Command("mount", { args, stdout: "null", stderr: "null" }).outputSync().success;
}

function unmount(path: string): void {
  new Deno.Command("umount", { args: ["-l", path], stdout: "null", stderr: "null" }).outputSync();
}

/** Says why when it cannot. */
export function canMount(): boolean {
  const path = Deno.makeTempDirSync();
  try {
    if (Deno.uid() === 0 && mount("--bind", path, path)) return true;
    console.log("mounting is not allowed here: what needs a disk of its own is not tested");
    return false;
  } finally {
    unmount(path);
    Deno.removeSync(path);
  }
}

/** Puts a read-only view of a folder over it. What is open stays writable, as with a disk that is remounted in use. */
export function coverReadOnly(path: string): AsyncDisposable {
  if (!mount("--bind", path, path) || !mount("-o", "remount,ro,bind", path)) throw new Error(`cannot cover ${path}`);
  return { [Symbol.asyncDispose]: () => Promise.resolve(unmount(path)) };
}
