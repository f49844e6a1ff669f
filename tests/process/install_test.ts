/**
 * From a release to a program that runs: the installer, the wrapper for other repositories, the npm packages and the
 * Homebrew formula, made as the release workflow makes them and fetched from this machine.
 */

import { join } from "node:path";
import { VERSION } from "../../src/model/version.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createSandbox, type Sandbox } from "../support/cli.ts";
import { onPath } from "../support/on_path.ts";
import { makeRelease, type ReleaseFolder } from "../support/release_folder.ts";
import { exists, parseJson } from "../support/sessions.ts";
import { readText } from "../support/tree.ts";

/** A program of 90 MB is copied, hashed and packed, on a machine that may be busy. */
const INSTALL_MS = 120_000;

interface Bench extends AsyncDisposable {
  sandbox: Sandbox;
  release: ReleaseFolder;
  /** Runs a program in the project; HOME is bare. */
  run: (argv: readonly string[], env?: Readonly<Record<string, string>>) => ReturnType<Sandbox["run"]>;
}

async function createBench(): Promise<Bench> {
  const sandbox = createSandbox();
  const release = await makeRelease(join(sandbox.path, "release"));
  return {
    sandbox,
    release,
    run: (argv, env = {}) =>
      sandbox.run(argv.slice(1), { program: argv.slice(0, 1), cwd: sandbox.project, env, timeoutMs: INSTALL_MS }),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** Serves the release, and counts what is fetched. */
function serve(folder: string) {
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    try {
      return new Response((await Deno.open(join(folder, pathname))).readable);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new Response(null, { status: 404 });
      throw error;
    }
  });
  return { url: `http://127.0.0.1:${server.addr.port}`, asked, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** A folder with links to these programs and no others, to be the PATH. */
function onlyThese(sandbox: Sandbox, names: readonly string[]): string {
  const folder = join(sandbox.path, "few");
  Deno.mkdirSync(folder);
  for (const name of names) {
    const found = (Deno.env.get("PATH") ?? "").split(":").map((place) => join(place, name)).find(exists);
    ok(found !== undefined, `${name} is not on PATH`);
    Deno.symlinkSync(found, join(folder, name));
  }
  return folder;
}

const BASIC = [
  ..."sh uname sed mktemp cut chmod mv rm mkdir grep dirname cat".split(" "),
  ...["sha256sum", "shasum"].filter(onPath), // Linux has the one, macOS the other
];
const versionLine = new RegExp(`^harnex ${VERSION.replaceAll(".", "\\.")} \\(`);

Deno.test("install.sh installs a verified program, over file:// and over HTTP by curl or wget", async () => {
  await using bench = await createBench();
  const { sandbox, release, run } = bench;
  const script = join(release.files, "install.sh");
  const [first, ...rest] = (await run(["sh", script])).stdout.split("\n");
  const program = join(sandbox.home, ".local/bin/harnex");
  if (onPath("shellcheck")) equal((await run(["shellcheck", script])).stdout, "");
  match(first ?? "", new RegExp(`^installed harnex ${VERSION} .* as ${program}$`));
  match(rest.join("\n"), /^put it on your PATH: export PATH=".*\/\.local\/bin:\$PATH"\n$/);
  match((await run([program, "--version"])).stdout, versionLine);
  equal((Deno.statSync(program).mode ?? 0) & 0o777, 0o755);

  await using server = serve(release.path);
  for (const fetcher of ["curl", "wget"].filter(onPath)) {
    const folder = join(sandbox.path, `by-${fetcher}`);
    const few = join(sandbox.path, "few");
    if (exists(few)) Deno.removeSync(few, { recursive: true });
    onlyThese(sandbox, [...BASIC, fetcher]);
    const installed = await run(["/bin/sh", script], {
      HARNEX_DOWNLOAD_BASE: server.url,
      HARNEX_INSTALL_DIR: folder,
      PATH: `${few}:${folder}`,
    });
    equal(installed.code, 0, installed.stderr);
    match(installed.stdout, /see it work: harnex demo\n$/, fetcher);
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["harnex"]);
  }
});

Deno.test("install.sh leaves what is there when the checksum, the address or the tools are wrong", async () => {
  await using bench = await createBench();
  const { sandbox, release, run } = bench;
  const script = join(release.files, "install.sh");
  const folder = join(sandbox.home, ".local/bin");
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(join(folder, "harnex"), "the old one");
  const fails = async (env: Readonly<Record<string, string>>, message: RegExp) => {
    const { code, stdout, stderr } = await run(["/bin/sh", script], env);
    deepEqual({ code, stdout }, { code: 1, stdout: "" }, stderr);
    match(stderr, message);
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["harnex"], "nothing else is left");
    equal(Deno.readTextFileSync(join(folder, "harnex")), "the old one");
  };
  await fails({ HARNEX_DOWNLOAD_BASE: `${release.base}/nothing` }, /\ninstall: cannot fetch file:.*; try again/);
  await fails({ PATH: onlyThese(sandbox, BASIC) }, /^install: neither curl nor wget is installed; install one/);
  Deno.writeTextFileSync(release.program, "#!/bin/sh\necho evil\n");
  await fails({}, /^install: file:.* has the checksum [0-9a-f]{64}, not [0-9a-f]{64}; it was not kept/);
});

async function initWrapper({ run, release }: Bench, ...more: string[]) {
  return await run([release.program, "init-wrapper", "--from", release.base, ...more]);
}

Deno.test("init-wrapper writes harnexw, which fetches once, whoever calls, and then needs no network", async () => {
  await using bench = await createBench();
  const { sandbox, release, run } = bench;
  Deno.chmodSync(release.program, 0o755);
  await using server = serve(release.path);
  const made = await run([release.program, "init-wrapper", "--state-dir", ".harnex", "--from", `${server.url}/`]);
  const path = join(sandbox.project, "harnexw");
  const { ok: done, path: told, version, from, targets } = parseJson(made.stdout, made.stderr);
  deepEqual([done, told, version, from], [true, path, VERSION, server.url]);
  equal(Array.isArray(targets) && targets.length, 4);
  equal((Deno.statSync(path).mode ?? 0) & 0o111, 0o100);
  if (onPath("shellcheck")) equal((await run(["shellcheck", path])).stdout, "");

  server.asked.length = 0;
  const calls = await Promise.all(Array.from({ length: 4 }, () => run([path, "--version"])));
  for (const { stdout, stderr } of calls) match(stdout, versionLine, stderr);
  ok(server.asked.length >= 1 && server.asked.length <= 4);
  const cache = join(sandbox.home, ".cache/harnex");
  equal([...Deno.readDirSync(cache)].length, 1, "one program, and nothing half done");
  equal((Deno.statSync(cache).mode ?? 0) & 0o777, 0o700);
  await server[Symbol.asyncDispose]();

  const later = await run([path, "no-such-command"]);
  deepEqual([later.code, later.stdout], [2, ""], "arguments and exit status are harnex's own");
  const own = await run([path, "doctor", "--adapter", "generic"], { HARNEX_STATE_DIR: "" });
  match(own.stdout, new RegExp(`${sandbox.project}/\\.harnex`));
});

Deno.test("harnexw refuses a program with another checksum, in one line, and keeps nothing", async () => {
  await using bench = await createBench();
  const { sandbox, release, run } = bench;
  Deno.chmodSync(release.program, 0o755);
  equal((await initWrapper(bench)).code, 0);
  Deno.writeTextFileSync(release.program, "#!/bin/sh\ntouch pwned\n");
  const refused = await run([join(sandbox.project, "harnexw"), "--version"]);
  deepEqual([refused.code, refused.stdout], [1, ""]);
  match(refused.stderr, /^harnexw: file:\S+ has the checksum [0-9a-f]{64}, not [0-9a-f]{64}; it was not kept[^\n]*\n$/);
  deepEqual([...Deno.readDirSync(join(sandbox.home, ".cache/harnex"))], []);
  equal(exists(join(sandbox.project, "pwned")), false);
  const homeless = await run(["/usr/bin/env", "-u", "HOME", join(sandbox.project, "harnexw")]);
  match(homeless.stderr, /^harnexw: HOME is not set; set HARNEX_CACHE_DIR\n$/);
});

Deno.test("init-wrapper keeps a file that is there, and says what it cannot pin", async () => {
  await using bench = await createBench();
  const { sandbox, release } = bench;
  Deno.chmodSync(release.program, 0o755);
  const path = join(sandbox.project, "harnexw");
  Deno.writeTextFileSync(path, "mine");
  const kept = await initWrapper(bench);
  deepEqual([kept.code, kept.stdout, Deno.readTextFileSync(path)], [1, "", "mine"]);
  match(kept.stderr, /^harnex init-wrapper: .*harnexw already exists: replace it with --force/);
  equal((await initWrapper(bench, "--force")).code, 0);
  equal((await initWrapper(bench, "--path", "tools")).code, 0);
  const unknown = await initWrapper(bench, "--version", "9.9.9", "--force");
  match(unknown.stderr, /^harnex init-wrapper: cannot read file:.*\/v9\.9\.9\/SHA256SUMS: check the version/);
  equal(unknown.code, 1);
  for (const wrong of [["--version", "1;2"], ["--state-dir", "../x"], ["--state-dir", "/x"], ["--state-dir", "$(x)"]]) {
    equal((await initWrapper(bench, "--force", ...wrong)).code, 2, wrong.join(" "));
  }
  Deno.writeTextFileSync(join(release.files, "SHA256SUMS"), "<html>not found</html>");
  match((await initWrapper(bench, "--force")).stderr, /has no checksum of a harnex program/);
});

Deno.test("the npm packages install and run", async () => {
  await using bench = await createBench();
  const { sandbox, release, run } = bench;
  const { os, arch } = Deno.build;
  const own = `harnex-${os}-${arch === "x86_64" ? "x64" : "arm64"}`;
  const packed: string[] = [];
  for (const name of ["harnex", own]) {
    const { stdout, stderr } = await run([
      "npm",
      "pack",
      "--silent",
      "--ignore-scripts",
      join(release.files, "npm", name),
    ]);
    match(stdout, /^harnex[\w.-]*\.tgz\n$/, stderr);
    packed.push(join(sandbox.project, stdout.trim()));
  }
  const prefix = join(sandbox.path, "prefix");
  const npm = ["npm", "install", "--global", "--offline", "--omit=optional", "--no-audit", "--no-fund", "--silent"];
  const installed = await run([...npm, "--prefix", prefix, ...packed]);
  equal(installed.code, 0, installed.stdout + installed.stderr);
  const program = join(prefix, "bin/harnex");
  match((await run([program, "--version"])).stdout, versionLine);
  equal((await run([program, "no-such-command"])).code, 2);
});

Deno.test("the Homebrew formula names every program with its checksum", async () => {
  await using bench = await createBench();
  const { release, run } = bench;
  const path = join(release.files, "harnex.rb");
  const formula = Deno.readTextFileSync(path);
  const sums = Deno.readTextFileSync(join(release.files, "SHA256SUMS")).trim().split("\n").map((row) =>
    row.split("  ")
  );
  equal(sums.length, 4);
  for (const [sum, file] of sums) {
    ok(formula.includes(`url "${release.base}/v${VERSION}/${file}"\n      sha256 "${sum}"`), file);
  }
  if (onPath("ruby")) equal((await run(["ruby", "-c", path])).stdout, "Syntax OK\n");
  else console.log("skipped: ruby is not installed (apt-get install ruby), so the formula's syntax is not checked");
});

Deno.test("the release workflow makes and keeps what is tested here", () => {
  const workflow = readText(".github/workflows/release.yml");
  for (const step of [".ci/stamp.ts", ".ci/release.ts", "dist/install.sh", "dist/harnex.rb", "npm pack"]) {
    ok(workflow.includes(step), step);
  }
});
