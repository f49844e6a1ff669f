/**
 * Reads the examples in Markdown: fenced blocks, and the commands of a recorded terminal with their output.
 */

export interface Fence {
  language: string;
  /** lines inside the fence, without their line ends */
  lines: readonly string[];
  /** number of the first of them, from 1 */
  line: number;
}

/** A command as a terminal shows it, and what it printed. */
export interface Recorded {
  command: string;
  output: readonly string[];
  line: number;
}

export function listFences(markdown: string): Fence[] {
  const fences: Fence[] = [];
  let open: { language: string; lines: string[]; line: number } | undefined;
  markdown.split("\n").forEach((text, index) => {
    if (open === undefined) {
      const language = /^```(\w*)/.exec(text)?.[1];
      if (language !== undefined) open = { language, lines: [], line: index + 2 };
    } else if (text.startsWith("```")) {
      fences.push(open);
      open = undefined;
    } else open.lines.push(text);
  });
  return fences;
}

/** Code in running text, as in `harnex status`. */
export function listInlineCode(markdown: string): { text: string; line: number }[] {
  let fenced = false;
  return markdown.split("\n").flatMap((text, index) => {
    if (text.startsWith("```")) fenced = !fenced;
    if (fenced) return [];
    return [...text.matchAll(/`([^`]+)`/g)].map((match) => ({ text: match[1] ?? "", line: index + 1 }));
  });
}

/**
 * The commands of a `console` block. A command begins with `$ `; further lines of it are those up to the end of its
 * here-document, or those right after it that begin with two blanks.
 */
export function readRecording(fence: Fence): Recorded[] {
  const found: { command: string; output: string[]; line: number }[] = [];
  const { lines } = fence;
  for (let index = 0; index < lines.length;) {
    const text = lines[index] ?? "";
    const line = fence.line + index++;
    if (!text.startsWith("$ ")) {
      found.at(-1)?.output.push(text);
      continue;
    }
    const command = [text.slice(2)];
    const end = /<<'(\w+)'/.exec(text)?.[1];
    const goesOn = () => end === undefined ? /^ {2}/.test(lines[index] ?? "") : command.at(-1) !== end;
    while (index < lines.length && goesOn()) command.push(lines[index++] ?? "");
    found.push({ command: command.join("\n"), output: [], line });
  }
  return found;
}
