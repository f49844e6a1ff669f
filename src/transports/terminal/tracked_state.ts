/**
 * Terminal state that the emulator does not report by itself, picked up from the sequences as they pass.
 */

// @ts-types="npm:@xterm/headless@6.0.0"
import type { Terminal } from "@xterm/headless";

/** A title or report is a line to be shown; the emulator itself takes strings of 10 MB. */
const MAX_OSC_TEXT = 1000;

export interface TrackedState {
  title(): string;
  /** payload of the last OSC sequence with the number `reportOsc` */
  agentReport(): string | undefined;
  cursorVisible(): boolean;
  hasScrollRegion(): boolean;
}

/** Looks at each sequence and then lets the emulator do its own work (`return false`), except for reports. */
export function trackTerminal(terminal: Terminal, reportOsc: number | undefined): TrackedState {
  const { cursorVisible, hasScrollRegion } = trackModes(terminal);
  let title = "";
  let agentReport: string | undefined;
  terminal.onTitleChange((text) => {
    title = text.slice(0, MAX_OSC_TEXT);
  });
  if (reportOsc !== undefined) {
    terminal.parser.registerOscHandler(reportOsc, (text) => {
      agentReport = text.slice(0, MAX_OSC_TEXT);
      return true;
    });
  }
  return { title: () => title, agentReport: () => agentReport, cursorVisible, hasScrollRegion };
}

function trackModes({ parser, buffer }: Terminal): Pick<TrackedState, "cursorVisible" | "hasScrollRegion"> {
  let cursorVisible = true;
  // The emulator keeps one scroll region per buffer.
  const regions = { normal: false, alternate: false };
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
  return { cursorVisible: () => cursorVisible, hasScrollRegion: () => regions.normal || regions.alternate };
}
