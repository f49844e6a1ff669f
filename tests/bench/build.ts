/**
 * What is measured: the compiled program, and a hello world compiled with the same flags.
 */

import { join, resolve } from "node:path";
import { COMPILE_FLAGS } from "../../.ci/compile_flags.ts";
import { listFiles, ROOT } from "../support/tree.ts";

export interface Builds {
  harnex: string;
  hello: string;
  /** the same two with V8's code cache, which the shipped program does without */
  cached: { harnex: string; hello: string };
}

const FOLDER = join(ROOT, "dist", "bench");
const SOURCES = ["src", "guides", ".ci", "deno.json", "deno.lock"];

/** Builds what is missing or older than its sources. `HARNEX_BIN` names another program to be measured. */
export async function build(note: (text: string) => void): Promise<Builds> {
  const given = Deno.env.get("HARNEX_BIN");
  const own = join(ROOT, "dist", "harnex");
  Deno.mkdirSync(FOLDER, { recursive: true });
  if (modifiedAt(own) < newestSource()) {
    note("compiling harnex");
    await run([Deno.execPath(), "task", "--quiet", "compile"], ROOT);
  }
  const hello = join(FOLDER, "hello.js");
  Deno.writeTextFileSync(hello, 'console.log("hello");\n');
  const withCache = COMPILE_FLAGS.filter((flag) => flag !== "--no-code-cache");
  const compile = async (source: string, name: string, flags: readonly string[]) => {
    const output = join(FOLDER, name);
    if (modifiedAt(output) < Math.max(newestSource(), modifiedAt(own))) {
      note(`compiling ${name}`);
      await run([Deno.execPath(), "compile", ...flags, "-o", output, source], FOLDER);
    }
    return output;
  };
  return {
    harnex: given === undefined || given === "" ? own : resolve(ROOT, given),
    hello: await compile(hello, "hello", COMPILE_FLAGS),
    cached: {
      hello: await compile(hello, "hello-cached", withCache),
      harnex: await compile(join(ROOT, "build/src/main.js"), "harnex-cached", withCache),
    },
  };
}

function modifiedAt(path: string): number {
  try {
    return Deno.statSync(path).mtime?.getTime() ?? 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

function newestSource(): number {
  return Math.max(...listFiles(SOURCES).map((path) => modifiedAt(join(ROOT, path))));
}

async function run([program = "", ...args]: readonly string[], cwd: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  if (success) return;
  const decoder = new TextDecoder();
  throw new Error(`${program} ${args.join(" ")} failed:\n${decoder.decode(stdout)}${decoder.decode(stderr)}`);
}
