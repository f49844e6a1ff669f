/**
 * A small watchdog beside each agent: when the host dies, however it dies, the watchdog ends the agent and
 * everything that descends from it, and gives the person's terminal back. It does nothing after a clean end.
 */

import { find, spawn } from "./process.ts";

/**
 * `hold PATH` takes hold of the terminal while it surely is the one that was meant: once it is closed, its path may be
 * that of another session's. `give_back` gives it back: its settings $saved, and everything off that an agent may have
 * switched on.
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

/** The same care for a terminal alone, without any agent. */
const TERMINAL_WATCHDOG = `
trap '' HUP INT QUIT TERM TSTP TTOU
${GIVE_BACK}
saved=$2
hold "$1"
read -r word
[ "$word" = done ] || give_back
`;

/**
 * Reads one word a line: `agent PID START`, `terminal PATH SAVED`, `done`. End of input without `done` means that
 * the host is dead. Descendants are known by the marker in their environment (Linux), the agent by its start time.
 * What is found may start another before it is hit: so the newest are hit first, as soon as they are found, until
 * nothing was found a few times.
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

export interface Guard {
  /** Tells the watchdog which process is the agent. */
  watch(pid: number): Promise<void>;
  /** The host ends in good order: the watchdog leaves without touching anything. */
  release(): Promise<void>;
}

function startWatchdog(script: string, args: readonly string[]) {
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

/** Watches over a terminal that is in raw mode, should we die before it is given back. */
export function guardTerminal({ path, saved }: { path: string; saved: string }): Pick<Guard, "release"> {
  const child = startWatchdog(TERMINAL_WATCHDOG, [path, saved]);
  const writer = child.stdin.getWriter();
  return {
    async release() {
      await writer.write(new TextEncoder().encode("done\n")).then(() => writer.close()).catch(() => undefined);
    },
  };
}

export async function startGuard(
  marker: string,
  terminal: { path: string; saved: string } | undefined,
): Promise<Guard> {
  const child = startWatchdog(WATCHDOG, [marker]);
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const tell = async (line: string) => await writer.write(encoder.encode(`${line}\n`));
  if (terminal !== undefined) await tell(`terminal ${terminal.path} ${terminal.saved}`);
  let released: Promise<void> | undefined;
  return {
    async watch(pid) {
      const process = await find(pid);
      if (process !== undefined) await tell(`agent ${pid} ${process.start}`);
    },
    release() {
      child.ref(); // from here on it is waited for, and nothing else may be left that keeps us running
      released ??= tell("done").then(() => writer.close()).then(() => child.status).then(
        () => undefined,
        () => undefined,
      );
      return released;
    },
  };
}
