/** `harnex init-wrapper`: writes harnexw, which runs one pinned version. */

import { resolve } from "node:path";
import { writeWrapper } from "../../client/wrapper.ts";
import { HarnexError } from "../../model/errors.ts";
import { VERSION } from "../../model/version.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { flag, text, withDefault } from "../parser/option.ts";
import { EXIT_FAILED, EXIT_USAGE } from "../parser/shared_options.ts";

const OPTIONS = {
  version: withDefault(text({ placeholder: "VERSION", help: "version to pin" }), {
    value: VERSION,
    text: "the version of this harnex",
  }),
  path: withDefault(text({ placeholder: "FILE", completes: "files", help: "file to write" }), {
    value: "harnexw",
    text: "harnexw",
  }),
  from: text({
    placeholder: "URL",
    env: "HARNEX_DOWNLOAD_BASE",
    help: "directory or URL that contains v<version>/SHA256SUMS and the programs",
    defaultText: "the place where this harnex was released",
  }),
  stateDir: text({
    placeholder: "DIR",
    completes: "directories",
    help: "state directory for sessions, relative to the wrapper; HARNEX_STATE_DIR takes precedence",
    defaultText: "the user's state directory",
  }),
  force: flag("replace an existing file"),
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "init-wrapper",
  paragraph:
    "Writes a shell script for you to commit to a repository. The script contains a version and the checksum of " +
    "its program for each platform. It downloads the program once into a cache, verifies it, and runs it with " +
    "the given arguments. Prints one JSON line.",
  usage: ["init-wrapper [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    {
      note: "pin this version, with a state directory in the repository",
      command: "harnex init-wrapper --state-dir .harnex",
    },
    { note: "change to another version", command: "harnex init-wrapper --version 0.8.0 --force" },
  ],
  gotchas: [
    "The checksums come from the place that --from names. Review the file before you commit it.",
    "The wrapper refuses to run a program with a different checksum.",
    "Keep the --state-dir out of git: it contains transcripts and tokens.",
  ],
  exitStatus: [["0", "written"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  check: checkOptions,
  execute,
});

/** Both become part of a shell script, and the version part of a URL. */
function checkOptions({ options }: Call): void {
  if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(options.version)) {
    throw new HarnexError("usage", `--version: ${JSON.stringify(options.version)} is not a version such as ${VERSION}`);
  }
  if (
    options.stateDir !== undefined &&
    !/^(?!\.\.?(?:\/|$))[\w.-]+(?:\/(?!\.\.?(?:\/|$))[\w.-]+)*$/.test(options.stateDir)
  ) {
    throw new HarnexError("usage", "--state-dir: expected a path below the wrapper's directory, such as .harnex");
  }
}

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { version, from, stateDir, force } = options;
  const written = await writeWrapper(context.platform, {
    path: resolve(context.cwd, options.path),
    version,
    existing: force ? "replace" : "keep",
    ...(from === undefined ? {} : { from }),
    ...(stateDir === undefined ? {} : { stateDir }),
  });
  context.output.json({ ok: true, ...written });
  if (stateDir !== undefined) context.output.note(`harnex init-wrapper: keep ${stateDir}/ out of git (.gitignore)`);
  return 0;
}
