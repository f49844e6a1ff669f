/**
 * A terminal emulator (xterm.js without a display) behind a small interface: bytes in, `Screen` out. Loads the emulator
 * on first use. It answers terminal queries, within a bound, and knows nothing about any agent.
 */

// @ts-types="npm:@xterm/headless@6.0.0"
import type { ITerminalInitOnlyOptions, ITerminalOptions, Terminal } from "@xterm/headless";
import { createWholeCharacters } from "../../text/whole_characters.ts";
import { renderAnsiRow } from "./ansi_row.ts";
import { createFloodFilter, SCROLLBACK_ROWS } from "./flood.ts";
import { readScreen, visibleLines } from "./read_screen.ts";
import { redraw, type TerminalModes } from "./redraw.ts";
import { limitRepeats } from "./repeats.ts";
import type { Screen, TerminalSize } from "./screen.ts";
import { type TrackedState, trackTerminal } from "./tracked_state.ts";

export interface EmulatorOptions extends TerminalSize {
  /**
   * Answers to terminal queries, to be typed into the agent; called once per write at most. Leave it out, or drop
   * the text, where a user's own terminal sees the same output and answers as well.
   */
  onReply?: (text: string) => void;
  /** the number of the OSC sequence whose last payload is `Screen.agentReport` */
  reportOsc?: number | undefined;
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
  /** The bytes that make a blank terminal of the same size look and behave like this one. */
  redraw(): string;
  resize(size: TerminalSize): void;
  dispose(): void;
}

/** Answers per write. Agents ask about ten things at boot; more in one piece of output is a flood, not a question. */
const MAX_REPLIES_PER_WRITE = 32;
const MIN_SIZE: TerminalSize = { rows: 1, columns: 2 };
/** What a plain dark xterm answers to OSC 10 and 11. */
const FOREGROUND = "rgb:e5e5/e5e5/e5e5";
const BACKGROUND = "rgb:0000/0000/0000";

export async function createEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { Terminal } = await import("@xterm/headless");
  const terminal = new Terminal(terminalOptions(options));
  const tracked = trackTerminal(terminal, options.reportOsc);
  let cached: Screen | undefined;
  let disposed = false;
  const onChange = () => void (cached = undefined);
  const drawing = createDrawing(terminal, { tracked, onChange, onReply: options.onReply });

  function screen(): Screen {
    if (cached !== undefined && !drawing.isRunning()) return cached;
    cached = readScreen(terminal, tracked);
    return cached;
  }

  function dispose(): void {
    if (disposed) return;
    disposed = true;
    cached = readScreen(terminal, tracked);
    terminal.dispose();
    drawing.end();
  }

  const ansi = () => visibleLines(terminal).map((line) => renderAnsiRow(line, terminal.buffer.active.getNullCell()));
  return {
    write: (bytes) => disposed ? Promise.resolve() : drawing.write(bytes),
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

function terminalOptions(options: EmulatorOptions): ITerminalOptions & ITerminalInitOnlyOptions {
  const { rows, columns } = atLeastMinimum(options);
  return {
    rows,
    cols: columns,
    scrollback: options.scrollback ?? SCROLLBACK_ROWS,
    allowProposedApi: true,
    // It would print parser errors to the console.
    logLevel: "off",
    // CSI 18 t (size in characters) is answered; titles are not, so that output cannot type its own text.
    windowOptions: { getWinSizeChars: true },
  };
}

interface Drawing {
  write(piece: Uint8Array): Promise<void>;
  isRunning(): boolean;
  /** Resolves every write that still waits. */
  end(): void;
}

/** Hands output to the terminal, without the part that scrolls away unseen, and within the bound on repeats. */
function createDrawing(
  terminal: Terminal,
  { tracked, onChange, onReply }: { tracked: TrackedState; onChange: () => void; onReply: EmulatorOptions["onReply"] },
): Drawing {
  const whole = createWholeCharacters();
  const withoutFlood = createFloodFilter(tracked);
  const allowRepeats = limitRepeats(terminal);
  const takeReplies = collectReplies(terminal);
  const waiting = new Set<() => void>();
  return {
    write(piece) {
      const bytes = withoutFlood(whole(piece), terminal.rows);
      onChange();
      allowRepeats(bytes.length);
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      // The emulator draws what follows a user's input at once; otherwise each write waits 1 to 2 ms for a timer.
      terminal.input("", true);
      terminal.write(bytes, () => {
        onChange();
        waiting.delete(resolve);
        const text = takeReplies();
        if (text !== "") onReply?.(text);
        resolve();
      });
      return promise;
    },
    isRunning: () => waiting.size > 0,
    end() {
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
  };
}

/**
 * Collects the answers to terminal queries; the result gives those since the last call. XTGETTCAP, XTVERSION and the
 * kitty keyboard query stay without an answer, as in a plain terminal; agents bound that wait by the DA1 answer, which
 * they request last.
 */
function collectReplies(terminal: Terminal): () => string {
  const replies: string[] = [];
  const reply = (text: string) => {
    if (text !== "" && replies.length < MAX_REPLIES_PER_WRITE) replies.push(text);
  };
  terminal.onData(reply);
  const answerColour = (code: number, colour: string) =>
    terminal.parser.registerOscHandler(code, (text) => {
      if (text !== "?") return false;
      reply(`\x1b]${code};${colour}\x1b\\`);
      return true;
    });
  answerColour(10, FOREGROUND);
  answerColour(11, BACKGROUND);
  return () => replies.splice(0).join("");
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
