/**
 * A small watchdog process beside each agent: when the host dies, however it dies, the watchdog ends the agent and all
 * its descendants, and restores the person's terminal. After a clean end it does nothing.
 */

import { find, spawn } from "./process.ts";

/**
 * `hold PATH` opens the terminal while its path surely belongs to it: a closed terminal's path is used again.
 * `give_back` restores the terminal: its settings $saved, and off with everything that an agent may have switched on.
 */
const GIVE_BACK = `
hold() {
  command exec 3<>"$1"
}
give_back() {
  stty "$saved" <&3 2>/dev/null
  printf '\\033[?1049l\\033[?1000l\\033[?1002l\\033[?1003l\\033[?1006l\\033[?1004l\\033[?2004l\\033[?2031l\\033[<u\\033[0m\\033[?25h\\r\\n' >&3 2>/dev/null
}
`;

/** For a terminal alone, without an agent. */
const TERMINAL_WATCHDOG = `
trap '' HUP INT QUIT TERM TSTP TTOU
${GIVE_BACK}
saved=$2
hold "$1"
read -r word
[ "$word" = done ] || give_back
`;

/**
 * Reads one command per line: `agent PID START`, `terminal PATH SAVED`, `done`. End of input without `done` means that
 * the host is dead. The script knows the agent by its start time, and its descendants by the marker in their
 * environment (Linux). A process may start another before it is killed, so the script kills the newest first, each as
 * soon as it is found, until it has found none several times.
 */
const WATCHDOG = `
${GIVE_BACK}
trap '' HUP INT QUIT TERM TSTP TTOU
marker=$1 agent= start= saved=
while read -r word first rest; do
  case $word in
    agent) agent=$first start=$rest ;;
    terminal) saved=$rest && hold "$first" ;;
    done) exit 0 ;;
  esac
done
same_agent() {
  [ -n "$agent" ] || return 1
  [ -r /proc/self/stat ] || { [ "$(ps -o lstart= -p "$agent" | xargs)" = "$start" ]; return; }
  read -r line 2>/dev/null <"/proc/$agent/stat" || return 1
  set -- \${line##*) }
  [ "\${20}" = "$start" ]
}
sweep() {
  found=1
  if same_agent; then kill -"$1" -"$agent" "$agent" 2>/dev/null; found=0; fi
  [ -r /proc/self/environ ] || return "$found"
  ls /proc | grep '^[0-9]' | sort -rn | sed 's|.*|/proc/&/environ|' |
    xargs grep -lsxzF --line-buffered -- "$marker" 2>/dev/null | {
    any=1
    while read -r file; do
      file=\${file#/proc/}
      kill -"$1" "\${file%/environ}" 2>/dev/null
      any=0
    done
    exit "$any"
  } && found=0
  return "$found"
}
sweep TERM
[ -z "$saved" ] || give_back
sleep 0.5
rounds=0 misses=0
while [ "$misses" -lt 5 ] && [ "$rounds" -lt 200 ]; do
  if sweep KILL; then misses=0; else misses=$((misses + 1)); sleep 0.02; fi
  rounds=$((rounds + 1))
done
`;

export interface Watchdog {
  /** Names the agent's process to the watchdog. */
  watch(pid: number): Promise<void>;
  /** Ends the watchdog without any action, because the host ends cleanly. */
  release(): Promise<void>;
}

function spawnWatchdog(script: string, args: readonly string[]) {
  const child = spawn("/bin/sh", {
    args: ["-c", script, "harnex-guard", ...args],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    cwd: "/",
    clearEnv: true,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" },
    detached: true,
  });
  child.unref();
  return child;
}

/** Restores a terminal that is in raw mode if this process dies before it does so itself. */
export function guardTerminal({ path, saved }: { path: string; saved: string }): Pick<Watchdog, "release"> {
  const child = spawnWatchdog(TERMINAL_WATCHDOG, [path, saved]);
  const writer = child.stdin.getWriter();
  return {
    async release() {
      await writer.write(new TextEncoder().encode("done\n")).then(() => writer.close()).catch(() => undefined);
    },
  };
}

export async function startWatchdog(
  marker: string,
  terminal: { path: string; saved: string } | undefined,
): Promise<Watchdog> {
  const child = spawnWatchdog(WATCHDOG, [marker]);
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const send = async (line: string) => await writer.write(encoder.encode(`${line}\n`));
  if (terminal !== undefined) await send(`terminal ${terminal.path} ${terminal.saved}`);
  let released: Promise<void> | undefined;
  return {
    async watch(pid) {
      const process = await find(pid);
      if (process !== undefined) await send(`agent ${pid} ${process.start}`);
    },
    release() {
      child.ref(); // this waits for the watchdog now, and nothing else may keep the process running
      released ??= send("done").then(() => writer.close()).then(() => child.status).then(
        () => undefined,
        () => undefined,
      );
      return released;
    },
  };
}
