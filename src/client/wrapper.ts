/** Writes `harnexw`: reads the checksums of a release, and pins them. */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { HarnexError } from "../model/errors.ts";
import { RELEASES } from "../model/version.ts";
import type { Platform } from "../platform/platform.ts";
import { parseSums, wrapperScript } from "./release_shell.ts";

/** A list of a few checksums; more is something else. */
const SUMS_LIMIT = 100_000;
const FETCH_MS = 30_000;

export interface WrapperRequest {
  path: string;
  version: string;
  /** a URL or a folder; where this build's releases are when absent */
  from?: string;
  stateDir?: string;
  /** what to do with an existing file */
  existing: "keep" | "replace";
}

export interface WrittenWrapper {
  path: string;
  version: string;
  from: string;
  targets: readonly string[];
}

export async function writeWrapper(
  { files }: Pick<Platform, "files">,
  request: WrapperRequest,
): Promise<WrittenWrapper> {
  const { path, version, stateDir } = request;
  if (request.existing === "keep" && await files.stat(path) !== undefined) {
    throw new HarnexError("conflict", `${path} already exists: replace it with --force, or choose another --path`);
  }
  const from = baseFrom(request.from ?? RELEASES);
  const url = `${from}/v${version}/SHA256SUMS`;
  const sums = parseSums(await fetchText(url));
  if (sums.size === 0) {
    throw new HarnexError("failed", `${url} has no checksum of a harnex program: name another place with --from`);
  }
  const release = { version, base: from, sums };
  await files.replace(path, wrapperScript(release, stateDir === undefined ? {} : { stateDir }));
  await files.makeExecutable(path);
  return { path, version, from, targets: [...sums.keys()] };
}

/** The folder of releases as a URL, without a slash at its end. */
function baseFrom(from: string): string {
  if (from === "") {
    throw new HarnexError(
      "usage",
      "this build does not know where releases are: give --from URL or set HARNEX_DOWNLOAD_BASE",
    );
  }
  const url = /^(?:https?|file):\/\//.test(from) ? from : pathToFileURL(resolve(from)).href;
  return url.replace(/\/+$/, "");
}

async function fetchText(url: string): Promise<string> {
  const what = `cannot read ${url}`;
  const advice = "check the version, and the address with --from";
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS) });
    const length = Number(response.headers.get("content-length") ?? 0);
    if (!response.ok || length > SUMS_LIMIT) {
      await response.body?.cancel();
      const why = response.ok ? `it has ${length} bytes` : `the answer was ${response.status}`;
      throw new HarnexError("failed", `${what}: ${why}: ${advice}`);
    }
    return (await response.text()).slice(0, SUMS_LIMIT);
  } catch (cause) {
    if (cause instanceof HarnexError) throw cause;
    throw new HarnexError("failed", `${what}: ${advice}`, { cause });
  }
}
