/** Makes the context of commands from the platform and the directory of the guides. */

import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { HarnexError } from "../model/errors.ts";
import type { LocalTerminal, Platform } from "../platform/platform.ts";
import type { ProgramContext } from "./context.ts";
import { createOutput } from "./ui/output.ts";

/** Folders below `guides/` that hold texts. */
const GUIDE_FOLDERS = ["", "recipes"] as const;

export function createRealContext(platform: Platform, options: { guides: URL }): ProgramContext {
  const guides = fileURLToPath(options.guides);
  const { files, terminal } = platform;
  return {
    platform,
    output: createOutput({
      sinks: { stdout: (bytes) => terminal.writeOut(bytes), stderr: (bytes) => terminal.writeErr(bytes) },
      columns: terminal.size()?.columns,
      stdoutIsTerminal: terminal.stdoutIsTerminal,
      stderrIsTerminal: terminal.stderrIsTerminal,
      env: platform.env,
    }),
    get cwd() {
      return currentDirectory();
    },
    readAllStdin: ({ maxBytes }) => readAll(terminal, maxBytes),
    listAgents: () => listAgents(platform),
    listIds: () => listIds(platform),
    listGuides: () => listGuides(platform, guides),
    readGuide: (relativePath) => files.readText(join(guides, relativePath)),
  };
}

function currentDirectory(): string {
  try {
    return resolve(".");
  } catch (cause) {
    throw new HarnexError("failed", "the current directory does not exist any more: change to another one", { cause });
  }
}

async function readAll(terminal: LocalTerminal, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let size = 0;
  for await (const bytes of terminal.input(new AbortController().signal)) {
    size += bytes.length;
    if (size > maxBytes) throw new HarnexError("too_large", `standard input is longer than ${maxBytes} bytes`);
    parts.push(decoder.decode(bytes, { stream: true }));
  }
  return parts.join("") + decoder.decode();
}

/** The agents that harnex knows, and those for which the user has written a profile. */
async function listAgents({ files, env }: Platform): Promise<readonly string[]> {
  const { AGENTS } = await import("../adapters/mod.ts");
  const { listAgentFiles } = await import("../store/agent_files.ts");
  // doctor reports a directory that cannot be read.
  const taught = await listAgentFiles(files, env).catch(() => []);
  return [...new Set([...AGENTS.names, ...taught])];
}

async function listIds(platform: Platform): Promise<readonly string[]> {
  const { listTargets, resolvePlace } = await import("../client/target.ts");
  const sessions = await listTargets(await resolvePlace({ platform, cwd: currentDirectory() }, {}));
  return sessions.map(({ record }) => record.id);
}

async function listGuides(platform: Platform, guides: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const folder of GUIDE_FOLDERS) {
    const names = await platform.files.list(join(guides, folder));
    paths.push(
      ...names.filter((name) => name.endsWith(".md")).map((name) => folder === "" ? name : `${folder}/${name}`),
    );
  }
  return paths;
}
