/**
 * Every recorded screen of every agent, as its adapter gets to see it.
 */

import { codexTui } from "../../src/adapters/codex/tui.ts";
import { AGENTS } from "../../src/adapters/mod.ts";
import type { PtyBehaviour, ScreenSignal } from "../../src/transports/agent_process.ts";
import { createEmulator } from "../../src/transports/terminal/emulator.ts";
import type { Screen } from "../../src/transports/terminal/screen.ts";
import { drawRecorded, readRecorded } from "./recorded_screen.ts";

const GOLDEN = new URL("../golden/", import.meta.url);
const CODEX_SIZE = { rows: 36, columns: 110 };
/** Bytes of a recorded session between two looks at its screen. */
const PIECE = 97;

export interface AgentScreen {
  agent: string;
  /** what was recorded, such as `permission-bash` */
  state: string;
  /** which of its screens, such as `80x24` */
  part: string;
  behaviour: PtyBehaviour;
  screen: Screen;
}

/** All of them, in the same order each time. */
export async function listAgentScreens(): Promise<AgentScreen[]> {
  const found = await Promise.all([...AGENTS.names.map(listFolders), listCodexTexts(), listCodexSessions()]);
  return found.flat();
}

/** Screens that were recorded one by one, in a folder for each state and a file for each size. */
async function listFolders(agent: string): Promise<AgentScreen[]> {
  const { behaviour } = await AGENTS.findScreen(agent);
  const found: AgentScreen[] = [];
  for (const state of namesIn(new URL(`${agent}/`, GOLDEN), "")) {
    const folder = new URL(`${agent}/${state}/`, GOLDEN);
    for (const part of namesIn(folder, ".ansi")) {
      found.push({ agent, state, part, behaviour, screen: await drawRecorded(await readRecorded(folder, part)) });
    }
  }
  return found;
}

/** Screens of the Codex TUI as text: nothing is known of faint cells, cursor and reports. */
async function listCodexTexts(): Promise<AgentScreen[]> {
  const folder = new URL("codex/screens/", GOLDEN);
  return await Promise.all(
    namesIn(folder, ".txt").map(async (state) => {
      const text = await Deno.readTextFile(new URL(`${state}.txt`, folder));
      const screen = screenOfRows(text.split("\n").map((row) => row.trimEnd()));
      return { agent: "codex", state, part: "text", behaviour: codexTui.behaviour, screen };
    }),
  );
}

/** A screen as a person sees it. */
export function screenOfRows(rows: readonly string[], more: Partial<Screen> = {}): Screen {
  return {
    rows: rows.length,
    columns: CODEX_SIZE.columns,
    text: rows,
    solid: rows,
    cursor: { row: 0, column: 0, visible: true },
    title: "project",
    agentReport: undefined,
    bracketedPaste: true,
    alternate: false,
    ...more,
  };
}

/** The screens of whole sessions of the Codex TUI. */
async function listCodexSessions(): Promise<AgentScreen[]> {
  const { behaviour } = codexTui;
  const states = namesIn(new URL("codex/tui/", GOLDEN), ".raw");
  const found = await Promise.all(
    states.map(async (state) =>
      (await replayCodex(state)).map(({ screen }, at) => ({
        agent: "codex",
        state,
        part: `signal ${at + 1}`,
        behaviour,
        screen,
      }))
    ),
  );
  return found.flat();
}

/** The signals of a recorded session of the Codex TUI, repeats left out, each with the first screen that gives it. */
export async function replayCodex(name: string): Promise<{ signal: ScreenSignal; screen: Screen }[]> {
  const bytes = await Deno.readFile(new URL(`codex/tui/${name}.raw`, GOLDEN));
  using emulator = await createEmulator({ ...CODEX_SIZE, reportOsc: codexTui.behaviour.reportOsc });
  const seen: { signal: ScreenSignal; screen: Screen }[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    await emulator.write(bytes.subarray(at, at + PIECE));
    const screen = emulator.screen();
    const signal = codexTui.behaviour.fromScreen(screen);
    if (JSON.stringify(signal) !== JSON.stringify(seen.at(-1)?.signal)) seen.push({ signal, screen });
  }
  return seen;
}

/** Names in a folder that end so, without that end, sorted. */
function namesIn(folder: URL, end: string): string[] {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(end));
  return names.map((name) => name.slice(0, name.length - end.length)).sort();
}
