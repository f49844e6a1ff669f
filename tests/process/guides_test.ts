/**
 * Runs every recorded command in README, guides and recipes, in order, in a separate repository. It must print what the
 * text shows. Values that differ between runs (times, pids, ports, hashes) do not count.
 */

import { join } from "node:path";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { createSandbox, harnexProgram } from "../support/cli.ts";
import { listFences, readRecording, type Recorded } from "../support/examples.ts";
import { listFiles, readText } from "../support/tree.ts";

/** Some wait for several turns of a second each, on a machine that may be busy. */
const EXAMPLE_MS = 180_000;
/** Ends the output of one command; no example prints it. */
const END = "\x1e";

const texts = ["README.md", ...listFiles(["guides"])].map((path) => ({ path, examples: examplesIn(path) }));

function examplesIn(path: string): Recorded[] {
  return listFences(readText(path)).filter(({ language }) => language === "console").flatMap(readRecording);
}

/** The stand-in agent that the reader of the getting-started guide writes. */
function standIn(): string {
  const script = examplesIn("guides/getting_started.md").find(({ command }) => command.startsWith("cat > worker <<"));
  const lines = script?.command.split("\n").slice(1, -1) ?? [];
  ok(lines[0]?.startsWith("#!"));
  return `${lines.join("\n")}\n`;
}

/** Runs the commands one after the other in one shell; returns the output of each. */
async function play(examples: readonly Recorded[]): Promise<string[]> {
  await using sandbox = createSandbox();
  const bin = join(sandbox.path, "bin");
  const project = join(sandbox.home, "project");
  for (const folder of [bin, project]) Deno.mkdirSync(folder);
  const harnex = harnexProgram().map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const programs = {
    harnex: `#!/bin/sh\nexec ${harnex} "$@"\n`,
    "demo-agent": "#!/bin/sh\nexec harnex __demo-agent\n",
    worker: standIn(),
  };
  for (const [name, script] of Object.entries(programs)) {
    Deno.writeTextFileSync(join(bin, name), script, { mode: 0o755 });
  }
  const shell = (script: string) =>
    sandbox.run(["-c", script], {
      program: ["/bin/sh"],
      cwd: project,
      timeoutMs: EXAMPLE_MS,
      env: {
        PATH: `${bin}:${Deno.env.get("PATH") ?? "/usr/bin:/bin"}`,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_AUTHOR_NAME: "me",
        GIT_AUTHOR_EMAIL: "me@example.com",
        GIT_COMMITTER_NAME: "me",
        GIT_COMMITTER_EMAIL: "me@example.com",
      },
    });
  const made = await shell("git init -q -b main && git commit -q --allow-empty -m Start");
  equal(made.code, 0, made.stderr);
  const steps = examples.map(({ command }) => `${command}\n__status=$?; printf '${END}'; (exit $__status)`);
  const { stdout } = await shell(["exec 2>&1", ...steps].join("\n"));
  return stdout.replaceAll(sandbox.home, "/home/me").split(END).slice(0, -1);
}

/** A line without the values that differ between runs. */
function essence(line: string): string {
  return line.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)/g, "TIME").replaceAll(/\b[0-9a-f]{7,}\b/g, "HASH")
    .replaceAll(/(?<!"exit_code":)\b\d+(?:\.\d+)?/g, "N").replaceAll(/-{3,}/g, "---").replaceAll(/\s+/g, " ").trim();
}

/** The texts show a terminal, where `wait` shows a progress line instead of the note that it logs here. */
function isShown(line: string): boolean {
  return !/^harnex wait: (watching session|waiting for) /.test(line);
}

/** The output in the form of the text: each line is cut where the text cuts it. */
function compare({ command, output }: Recorded, printed: string): { shown: string[]; got: string[] } {
  const lines = printed === "" ? [] : printed.replace(/\n$/, "").split("\n").filter(isShown).map(essence);
  const shown = output.map((line) => essence(line.replace(/…$/, "")));
  // Sessions that run side by side may change places.
  if (/harnex status|--all\b/.test(command)) {
    lines.sort();
    shown.sort();
  }
  const cut = new Set(output.filter((line) => line.endsWith("…")).map((line) => essence(line.slice(0, -1))));
  const got = lines.map((line, index) => {
    const wanted = shown[index] ?? "";
    // On a busy machine `status` lists a session without its state, as documented.
    if (line === wanted.replace(/ (?:prompt|busy|blocked|unknown) /, " - ")) return wanted;
    return cut.has(wanted) ? line.slice(0, wanted.length) : line;
  });
  return { shown, got };
}

for (const { path, examples } of texts.filter((text) => text.examples.length > 0)) {
  Deno.test(`the examples in ${path} print what they show`, async () => {
    const printed = await play(examples);
    equal(printed.length, examples.length, "every command was run");
    for (const [index, example] of examples.entries()) {
      const { shown, got } = compare(example, printed[index] ?? "");
      deepEqual(got, shown, `${path}:${example.line}: ${example.command}`);
    }
  });
}

Deno.test("the texts have examples to run", () => {
  const withoutExamples = texts.filter(({ examples }) => examples.length === 0).map(({ path }) => path);
  const mustHave = (path: string) => path === "README.md" || /\/(?:getting_started|\d\d_\w+)\.md$/.test(path);
  deepEqual(withoutExamples.filter(mustHave), []);
  ok(texts.some(({ path }) => mustHave(path)));
});
