/**
 * The shell scripts that fetch a release: `harnexw`, which runs a pinned version, and the installer. Both hold the
 * checksum of every program of their release, and install nothing that has a different one. Pure.
 */

import { quotedForShell } from "../text/quoting.ts";

export interface Release {
  version: string;
  /** folder of release folders: a program is `<base>/v<version>/harnex-<target>` */
  base: string;
  /** SHA-256 in hex, by target */
  sums: ReadonlyMap<string, string>;
}

export interface WrapperOptions {
  /** where sessions keep their files, relative to the wrapper; the user's state directory when absent */
  stateDir?: string;
}

/** What both scripts begin with: the facts of the release, and how a program of it comes onto this machine. */
function fetching(name: string, { version, base, sums }: Release): string {
  return `set -eu

version=${quotedForShell(version)}
base=\${HARNEX_DOWNLOAD_BASE:-${base === "" ? "" : quotedForShell(base)}}
sums=${quotedForShell([...sums].map(([target, sum]) => `${sum} ${target}`).join("\n"))}

fail() {
  printf '${name}: %s\\n' "$*" >&2
  exit 1
}

${FETCHING_FUNCTIONS}`;
}

/** They use `version`, `base` and `sums` from above, and `fail`. */
const FETCHING_FUNCTIONS = `# Sets target, and sum to what its program must have.
find_target() {
  case $(uname -s) in
    Linux) system=unknown-linux-gnu ;;
    Darwin) system=apple-darwin ;;
    *) fail "there is no harnex for $(uname -s); it runs on Linux and macOS" ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) target=x86_64-$system ;;
    aarch64 | arm64) target=aarch64-$system ;;
    *) fail "there is no harnex for $(uname -m); it runs on x86-64 and arm64" ;;
  esac
  sum=$(printf '%s\\n' "$sums" | sed -n "s/ $target\\$//p")
  [ -n "$sum" ] || fail "release $version has no program for $target"
}

# fetch URL FILE
fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl -fsSL --retry 2 -o "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then
    wget -q -O "$2" "$1"
  else
    fail "neither curl nor wget is installed; install one of them"
  fi
}

# sum_of FILE
sum_of() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum <"$1"
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 <"$1"
  else
    openssl dgst -sha256 -r <"$1"
  fi | cut -c 1-64
}

# fetch_program FILE: beside it as $part, whole and verified, or not at all.
fetch_program() {
  [ -n "$base" ] || fail "nothing says where releases are; set HARNEX_DOWNLOAD_BASE"
  if ldd --version 2>&1 | grep -qi musl; then fail "harnex needs glibc, and this system has musl"; fi
  url=$base/v$version/harnex-$target
  part=$(mktemp "$1.XXXXXX") || fail "cannot write beside $1; is the folder yours, and the disk not full?"
  trap 'rm -f "$part"' EXIT
  trap 'exit 1' HUP INT TERM
  fetch "$url" "$part" || fail "cannot fetch $url; try again, or set HARNEX_DOWNLOAD_BASE to another place"
  found=$(sum_of "$part")
  [ "$found" = "$sum" ] || fail "$url has the checksum $found, not $sum; it was not kept and not run"
  chmod 755 "$part"
}
`;

/** `harnexw`: fetches the program once, into a cache, and becomes it. */
export function wrapperScript(release: Release, { stateDir }: WrapperOptions = {}): string {
  const own = stateDir === undefined ? "" : `
# Sessions of this repository keep their files here. Agents that are started see the same place.
if [ -z "\${HARNEX_STATE_DIR:-}" ]; then
  here=$(cd "$(dirname "$0")" && pwd)
  HARNEX_STATE_DIR=$here/${quotedForShell(stateDir)}
  export HARNEX_STATE_DIR
fi
`;
  return `#!/bin/sh
# Runs harnex ${release.version}, which is fetched once and checked against the checksums below. Arguments are harnex's.
# Made by harnex init-wrapper; make it anew for another version.
#   HARNEX_DOWNLOAD_BASE  where to fetch from, instead of the address below
#   HARNEX_CACHE_DIR      where programs are kept, instead of harnex in \$XDG_CACHE_HOME or ~/.cache
${fetching("harnexw", release)}${own}
main() {
  find_target
  [ -n "\${HARNEX_CACHE_DIR:-}\${XDG_CACHE_HOME:-}\${HOME:-}" ] || fail "HOME is not set; set HARNEX_CACHE_DIR"
  cache=\${HARNEX_CACHE_DIR:-\${XDG_CACHE_HOME:-\${HOME:-}/.cache}/harnex}
  program=$cache/harnex-$version-$sum
  if [ ! -x "$program" ]; then
    (umask 077 && mkdir -p "$cache") || fail "cannot make $cache; set HARNEX_CACHE_DIR"
    fetch_program "$program"
    # Another call may have been faster, and its program runs: so it is never replaced.
    ln "$part" "$program" 2>/dev/null || [ -x "$program" ] || mv -f "$part" "$program"
    rm -f "$part"
  fi
  exec "$program" "$@"
}

main "$@"
`;
}

/** The installer, to be piped into a shell. */
export function installScript(release: Release): string {
  return `#!/bin/sh
# Installs harnex ${release.version}: fetches the program for this machine, verifies it, and puts it into a folder.
#   HARNEX_INSTALL_DIR    that folder, instead of ~/.local/bin
#   HARNEX_DOWNLOAD_BASE  where to fetch from, instead of the address below
${fetching("install", release)}
main() {
  find_target
  [ -n "\${HARNEX_INSTALL_DIR:-}\${HOME:-}" ] || fail "HOME is not set; set HARNEX_INSTALL_DIR"
  folder=\${HARNEX_INSTALL_DIR:-\${HOME:-}/.local/bin}
  mkdir -p "$folder" || fail "cannot make $folder; set HARNEX_INSTALL_DIR"
  fetch_program "$folder/harnex"
  mv -f "$part" "$folder/harnex"
  version_line=$("$folder/harnex" --version) || fail "$folder/harnex does not run on this machine"
  echo "installed $version_line as $folder/harnex"
  case :\${PATH:-}: in
    *:"$folder":*) echo "see it work: harnex demo" ;;
    *) echo "put it on your PATH: export PATH=\\"$folder:\\$PATH\\"" ;;
  esac
}

main "$@"
`;
}

/** The checksums of a release's programs, from the text of its SHA256SUMS. */
export function parseSums(text: string): Map<string, string> {
  const rows = text.split("\n").flatMap((line) => {
    const [, sum, target] = /^([0-9a-f]{64}) [ *]harnex-([\w-]+)$/.exec(line) ?? [];
    return sum === undefined || target === undefined ? [] : [[target, sum] as const];
  });
  return new Map(rows);
}
