/**
 * A terminal emulator (xterm.js without a display) behind a small face: bytes in, `Screen` out. Loads the emulator
 * on first use. It answers terminal queries, but never unboundedly, and knows nothing about any agent.
 */

// @ts-types="npm:@xterm/headless@6.0.0"
import type { IBufferCell, IBufferLine, Terminal } from "@xterm/headless";
import type { TerminalSize } from "./screen.ts";
import { renderAnsiRow } from "./ansi_row.ts";
import { followSequence, SCROLLBACK_ROWS, type SequenceState, skippable } from "./flood.ts";
import { redraw, type TerminalModes } from "./redraw.ts";
import { limitRepeats } from "./repeats.ts";
import type { Screen } from "./screen.ts";
import { createWholeCharacters } from "../../text/whole_characters.ts";

export interface EmulatorOptions extends TerminalSize {
  /**
   * Answers to terminal queries, to be typed into the agent; called once per write at most. Leave it out, or drop
   * the text, where a person's own terminal sees the same output and answers as well.
   */
  onReply?: (text: string) => void;
  /** lines kept above the visible rows */
  scrollback?: number;
}

export interface Emulator extends Disposable {
  /**
   * Draws bytes; resolves when they are on the screen. Wait for it before writing more: that is the flow control.
   * Each call costs a little, so hand over everything that was read meanwhile in one piece; what has scrolled
   * away within that piece is then skipped (`flood.ts`).
   */
  write(bytes: Uint8Array): Promise<void>;
  /** The screen as it is now; the same object until something is written or resized. About 0.2 ms at 200×50. */
  screen(): Screen;
  /** The visible rows with their colours (SGR), trailing blanks removed. */
  ansi(): string[];
  /** What makes a blank terminal of the same size look and behave like this one. */
  redraw(): string;
  resize(size: TerminalSize): void;
  dispose(): void;
}

/** Answers per write. Agents ask about ten things at boot; more in one piece of output is a flood, not a question. */
const MAX_REPLIES_PER_WRITE = 32;
/** A title or report is a line to be shown; the emulator itself takes strings of 10 MB. */
const MAX_OSC_TEXT = 1000;
const MIN_SIZE: TerminalSize = { rows: 1, columns: 2 };
/** What a plain dark xterm says for OSC 10 and 11. */
const FOREGROUND = "rgb:e5e5/e5e5/e5e5";
const BACKGROUND = "rgb:0000/0000/0000";
const AGENT_REPORT_OSC = 7501;

export async function createEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { Terminal } = await import("@xterm/headless");
  const { rows, columns } = atLeastMinimum(options);
  const terminal = new Terminal({
    rows,
    cols: columns,
    scrollback: options.scrollback ?? SCROLLBACK_ROWS,
    allowProposedApi: true,
    // It would print parser errors to the console.
    logLevel: "off",
    // CSI 18 t (size in characters) is answered; titles are not, so that output cannot type its own text.
    windowOptions: { getWinSizeChars: true },
  });
  const tracked = trackTerminal(terminal);
  const allowRepeats = limitRepeats(terminal);
  const whole = createWholeCharacters();
  const replies: string[] = [];
  const waiting = new Set<() => void>();
  let sequence: SequenceState = "text";
  let cached: Screen | undefined;
  let disposed = false;

  const reply = (text: string) => {
    if (text !== "" && replies.length < MAX_REPLIES_PER_WRITE) replies.push(text);
  };
  terminal.onData(reply);
  // XTGETTCAP, XTVERSION and the kitty keyboard query stay without an answer, as in a plain terminal; agents bound
  // that wait by the DA1 answer, which they request last.
  const answerColour = (code: number, colour: string) =>
    terminal.parser.registerOscHandler(code, (text) => {
      if (text !== "?") return false;
      reply(`\x1b]${code};${colour}\x1b\\`);
      return true;
    });
  answerColour(10, FOREGROUND);
  answerColour(11, BACKGROUND);

  function write(piece: Uint8Array): Promise<void> {
    if (disposed) return Promise.resolve();
    const bytes = whole(piece);
    const mayskip = sequence === "text" && !tracked.hasScrollRegion();
    const kept = mayskip ? bytes.subarray(skippable(bytes, terminal.rows)) : bytes;
    sequence = followSequence(sequence, kept);
    cached = undefined;
    allowRepeats(kept.length);
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.add(resolve);
    // The emulator draws what follows a user's input at once; otherwise each write waits 1 to 2 ms for a timer.
    terminal.input("", true);
    terminal.write(kept, () => {
      cached = undefined;
      waiting.delete(resolve);
      const text = replies.splice(0).join("");
      if (text !== "") options.onReply?.(text);
      resolve();
    });
    return promise;
  }

  function screen(): Screen {
    if (cached !== undefined && waiting.size === 0) return cached;
    cached = readScreen(terminal, tracked);
    return cached;
  }

  function dispose(): void {
    if (disposed) return;
    disposed = true;
    cached = readScreen(terminal, tracked);
    terminal.dispose();
    for (const resolve of waiting) resolve();
    waiting.clear();
  }

  const ansi = () => visibleLines(terminal).map((line) => renderAnsiRow(line, terminal.buffer.active.getNullCell()));
  return {
    write,
    screen,
    ansi,
    redraw: () => redraw(screen(), { rows: ansi(), modes: modesOf(terminal) }),
    resize(size) {
      if (disposed) return;
      const next = atLeastMinimum(size);
      terminal.resize(next.columns, next.rows);
      cached = undefined;
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

function modesOf({ modes }: Terminal): TerminalModes {
  return {
    applicationCursorKeys: modes.applicationCursorKeysMode,
    focusReports: modes.sendFocusMode,
    mouse: modes.mouseTrackingMode,
  };
}

function atLeastMinimum(size: TerminalSize): TerminalSize {
  return { rows: Math.max(size.rows, MIN_SIZE.rows), columns: Math.max(size.columns, MIN_SIZE.columns) };
}

/** What the emulator does not tell by itself, picked up from the sequences as they pass. */
interface TrackedState {
  title(): string;
  agentReport(): string | undefined;
  cursorVisible(): boolean;
  hasScrollRegion(): boolean;
}

function trackTerminal(terminal: Terminal): TrackedState {
  let title = "";
  let agentReport: string | undefined;
  let cursorVisible = true;
  // The emulator keeps one scroll region per buffer.
  const regions = { normal: false, alternate: false };
  const { parser, buffer } = terminal;

  terminal.onTitleChange((text) => {
    title = text.slice(0, MAX_OSC_TEXT);
  });
  parser.registerOscHandler(AGENT_REPORT_OSC, (text) => {
    agentReport = text.slice(0, MAX_OSC_TEXT);
    return true;
  });
  // Each of these looks and then lets the emulator do its own work (`return false`).
  const showCursor = (final: string, visible: boolean) =>
    parser.registerCsiHandler({ prefix: "?", final }, (parameters) => {
      if (parameters.includes(25)) cursorVisible = visible;
      return false;
    });
  showCursor("h", true);
  showCursor("l", false);
  parser.registerCsiHandler({ final: "r" }, (parameters) => {
    regions[buffer.active.type] = parameters.some((parameter) => parameter !== 0);
    return false;
  });
  const reset = () => {
    cursorVisible = true;
    regions.normal = false;
    regions.alternate = false;
    return false;
  };
  parser.registerEscHandler({ final: "c" }, reset);
  parser.registerCsiHandler({ intermediates: "!", final: "p" }, reset);

  return {
    title: () => title,
    agentReport: () => agentReport,
    cursorVisible: () => cursorVisible,
    hasScrollRegion: () => regions.normal || regions.alternate,
  };
}

function readScreen(terminal: Terminal, tracked: TrackedState): Screen {
  const { active } = terminal.buffer;
  const lines = visibleLines(terminal);
  const cell = active.getNullCell();
  const text = lines.map((line) => line.translateToString(true).trimEnd());
  return {
    rows: terminal.rows,
    columns: terminal.cols,
    text,
    solid: text.map((row, index) => (row === "" ? row : solidRow(lines[index], { row, cell }))),
    cursor: { row: active.cursorY, column: active.cursorX, visible: tracked.cursorVisible() },
    title: tracked.title(),
    agentReport: tracked.agentReport(),
    bracketedPaste: terminal.modes.bracketedPasteMode,
    alternate: active.type === "alternate",
  };
}

function visibleLines(terminal: Terminal): IBufferLine[] {
  const { active } = terminal.buffer;
  const lines: IBufferLine[] = [];
  for (let row = 0; row < terminal.rows; row++) {
    const line = active.getLine(active.baseY + row);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

/** The row with its faint cells blanked; the row itself when it has none. */
function solidRow(line: IBufferLine | undefined, { row, cell }: { row: string; cell: IBufferCell }): string {
  if (line === undefined) return row;
  let solid = "";
  let blanked = false;
  for (let column = 0; column < line.length; column++) {
    if (line.getCell(column, cell) === undefined) break;
    if (cell.getWidth() === 0) continue;
    if (cell.isDim() !== 0) {
      blanked = true;
      solid += " ".repeat(cell.getWidth());
    } else solid += cell.getChars() || " ";
  }
  return blanked ? solid.trimEnd() : row;
}
