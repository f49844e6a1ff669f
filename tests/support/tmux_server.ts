/**
 * A tmux server of a test's own: its socket lies in the sandbox, and it ends with its scope.
 */

import { join } from "node:path";
import { equal, ok } from "./assert.ts";
import { harnexEnvironment } from "./cli.ts";
import type { Sessions } from "./sessions.ts";

export interface TmuxServer extends AsyncDisposable {
  /** what a harnex that is outside tmux needs to find this server */
  readonly env: Readonly<Record<string, string>>;
  /** Starts a session with a shell, as a person would, and gives what a harnex inside it sees. */
  openSession(name: string): Promise<Readonly<Record<string, string>>>;
  /** Runs a tmux command; its output without the last line end. */
  tmux(...args: string[]): Promise<string>;
}

export function hasTmux(): boolean {
  try {
    return new Deno.Command("tmux", { args: ["-V"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** `await using server = createTmuxServer(sessions);` after the sessions, so that it ends before them. */
export function createTmuxServer({ sandbox }: Sessions): TmuxServer {
  const folder = join(sandbox.path, "tmux");
  Deno.mkdirSync(folder, { mode: 0o700 });
  const env = { TMUX_TMPDIR: folder };
  // The server is older than any session: it knows nothing of the caller's environment.
  const base = harnexEnvironment({ stateDir: join(sandbox.path, "other-state"), home: sandbox.home, env });

  async function call(args: readonly string[]) {
    const options = { args: ["-f", "/dev/null", ...args], clearEnv: true, env: base, cwd: sandbox.project };
    const { code, stdout, stderr } = await new Deno.Command("tmux", options).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout).replace(/\n$/, ""), stderr: decoder.decode(stderr) };
  }

  async function tmux(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await call(args);
    equal(code, 0, `tmux ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  return {
    env,
    tmux,
    async openSession(name) {
      await tmux("new-session", "-d", "-s", name, "-n", "shell", "-x", "100", "-y", "30", "sh");
      const format = "#{socket_path},#{pid},#{session_id}\t#{pane_id}";
      const [TMUX, TMUX_PANE] = (await tmux("display-message", "-p", "-t", `=${name}:`, format)).split("\t");
      ok(TMUX !== undefined && TMUX_PANE !== undefined);
      return { ...env, TMUX: TMUX.replace("$", ""), TMUX_PANE };
    },
    async [Symbol.asyncDispose]() {
      await call(["kill-server"]);
    },
  };
}
