/**
 * Finds the calls of one program in shell text, well enough for the examples in our texts: quotes, substitutions,
 * here-documents, pipes, lists, loops, redirections. No shell: what a variable holds is not known, so a stand-in is put there.
 */

/** Stands for what only a running shell knows; it can be an id, a number and a text. */
const UNKNOWN = "1";
const BEFORE_COMMAND = ["do", "then", "else", "if", "while", "until", "!", "{", "exec", "eval", "time", "||", "&&"];
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
const REDIRECTION = /^[<>]{1,2}(?:&\d|[ \t]*(?:"[^"]*"|'[^']*'|[^\s;|&<>()])+)?/;

/** The arguments of every call of `program` in `text`. */
export function callsOf(program: string, text: string): string[][] {
  const calls: string[][] = [];
  for (const command of splitCommands(text)) {
    let words = command.words;
    while (words[0] !== undefined && (BEFORE_COMMAND.includes(words[0]) || ASSIGNMENT.test(words[0]))) {
      words = words.slice(1);
    }
    if (words[0] === program) calls.push(words.slice(1));
    for (const inner of command.substitutions) calls.push(...callsOf(program, inner));
  }
  return calls;
}

interface Command {
  words: string[];
  /** the texts inside `$(…)` */
  substitutions: string[];
}

function splitCommands(text: string): Command[] {
  const source = withoutDocuments(text).replaceAll("\\\n", " ");
  const commands: Command[] = [];
  let current: Command = { words: [], substitutions: [] };
  let word: string | undefined;
  let at = 0;

  function endWord(): void {
    if (word !== undefined) current.words.push(word);
    word = undefined;
  }
  function endCommand(): void {
    endWord();
    if (current.words.length > 0 || current.substitutions.length > 0) commands.push(current);
    current = { words: [], substitutions: [] };
  }
  /** At a `$`: takes the variable or substitution, gives its stand-in. */
  function takeDollar(): string {
    if (source[at + 1] === "(") {
      const end = closing(source, at + 1);
      current.substitutions.push(source.slice(at + 2, end));
      at = end + 1;
      return UNKNOWN;
    }
    const name = /^\$(?:\{[^}]*\}|\w+|[?#@*$!])/.exec(source.slice(at));
    at += name?.[0].length ?? 1;
    return name === null ? "$" : UNKNOWN;
  }

  while (at < source.length) {
    const character = source[at] ?? "";
    if (character === "'") {
      const end = indexAfter(source, "'", at + 1);
      word = (word ?? "") + source.slice(at + 1, end);
      at = end + 1;
    } else if (character === '"') {
      word ??= "";
      at++;
      while (at < source.length && source[at] !== '"') {
        if (source[at] === "$") word += takeDollar();
        else if (source[at] === "\\") {
          word += source[at + 1] ?? "";
          at += 2;
        } else word += source[at++];
      }
      at++;
    } else if (character === "$") {
      word = (word ?? "") + takeDollar();
    } else if (character === "\\") {
      word = (word ?? "") + (source[at + 1] ?? "");
      at += 2;
    } else if (character === "#" && word === undefined) {
      at = indexAfter(source, "\n", at);
    } else if (/[ \t]/.test(character)) {
      endWord();
      at++;
    } else if (/[<>]/.test(character)) {
      // A redirection and its target are no words; a number before it belongs to it.
      if (word !== undefined && /^\d$/.test(word)) word = undefined;
      endWord();
      at += REDIRECTION.exec(source.slice(at))?.[0].length ?? 1;
    } else if (/[\n;|&()]/.test(character)) {
      endCommand();
      at++;
    } else {
      word = (word ?? "") + character;
      at++;
    }
  }
  endCommand();
  return commands;
}

/** Bodies of here-documents are taken out, unless they are shell text themselves (`cat > x.sh <<'EOF'`). */
function withoutDocuments(text: string): string {
  const kept: string[] = [];
  let end: string | undefined;
  let isShell = false;
  for (const line of text.split("\n")) {
    if (end !== undefined) {
      if (line === end) end = undefined;
      else if (isShell) kept.push(line);
      continue;
    }
    end = /<<'?(\w+)'?/.exec(line)?.[1];
    isShell = /\.sh\b/.test(line);
    kept.push(line.replace(/<<'?\w+'?/, ""));
  }
  return kept.join("\n");
}

/** Index of `wanted` from `from` on, or the end. */
function indexAfter(source: string, wanted: string, from: number): number {
  const found = source.indexOf(wanted, from);
  return found < 0 ? source.length : found;
}

/** Index of the `)` that closes the `(` at `open`; quotes inside are passed over. */
function closing(source: string, open: number): number {
  let depth = 0;
  for (let at = open; at < source.length; at++) {
    const character = source[at];
    if (character === "'") at = indexAfter(source, "'", at + 1);
    else if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return at;
  }
  return source.length;
}
