/**
 * Compiles the regular expressions of a profile, which run on every screen. Refuses those that could take for ever, by
 * their shape, so that every machine refuses the same ones. Pure.
 */

const MAX_LENGTH = 300;
/** A repeat up to this many times costs no more than the same pattern written out. */
const SMALL_REPEAT = 20;
/** Open repeats in one pattern: with rows cut to `ROW_LIMIT` this many together still take little time. */
const MAX_REPEATS = { anchored: 3, floating: 2 } as const;

/** Characters of a row that patterns see. */
export const ROW_LIMIT = 300;

/** The compiled pattern; or, as text, what is wrong with it. */
export function compilePattern(source: string): RegExp | string {
  if (source === "") return "an empty pattern matches everything";
  if (source.length > MAX_LENGTH) return `longer than ${MAX_LENGTH} characters`;
  try {
    return problemWith(source) ?? new RegExp(source, "u");
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll("\n", " ") : String(error);
  }
}

interface Group {
  /** holds a repeat without a small bound */
  repeats: boolean;
  alternates: boolean;
}

function problemWith(source: string): string | undefined {
  const open: Group[] = [{ repeats: false, alternates: false }];
  /** the last atom, when it was a group */
  let closed: Group | undefined;
  let repeats = 0;
  for (let index = 0; index < source.length; index++) {
    const letter = source[index] ?? "";
    const group = open.at(-1);
    if (group === undefined) return undefined; // unbalanced: the compiler's message is better
    const quantifier = repeatAt(source, index);
    if (quantifier !== undefined) {
      index += quantifier.length - 1;
      if (quantifier.unbounded) {
        if (closed?.repeats || closed?.alternates) {
          return "a repeated group that repeats or chooses inside can take for ever";
        }
        repeats++;
        group.repeats = true;
      }
      closed = undefined;
      continue;
    }
    closed = undefined;
    if (letter === "\\") {
      if (/[1-9k]/.test(source[index + 1] ?? "")) return "refers back to a group, which can take for ever";
      index++;
    } else if (letter === "[") index = endOfClass(source, index);
    else if (letter === "(") open.push({ repeats: false, alternates: false });
    else if (letter === "|") group.alternates = true;
    else if (letter === ")") {
      closed = open.pop();
      const outer = open.at(-1);
      if (outer !== undefined && closed !== undefined) {
        outer.repeats ||= closed.repeats;
        outer.alternates ||= closed.alternates;
      }
    }
  }
  const anchored = source.startsWith("^") && !open[0]?.alternates;
  const most = MAX_REPEATS[anchored ? "anchored" : "floating"];
  if (repeats <= most) return undefined;
  return `has ${repeats} open repeats; ${
    anchored ? `${most} are allowed` : `${most} are allowed, ${MAX_REPEATS.anchored} after a leading ^`
  }`;
}

/** `*`, `+` and `{n,m}`, with the `?` that may follow; `?` alone repeats nothing. */
function repeatAt(source: string, index: number): { length: number; unbounded: boolean } | undefined {
  const [whole, word = "", , most] = /^([*+]|\{\d+(,(\d*))?\})\??/.exec(source.slice(index, index + SMALL_REPEAT)) ??
    [];
  if (whole === undefined) return undefined;
  const least = Number(/\d+/.exec(word)?.[0] ?? 0);
  const bound = word === "*" || word === "+" || most === "" ? Infinity : Number(most ?? least);
  return { length: whole.length, unbounded: bound > SMALL_REPEAT };
}

function endOfClass(source: string, start: number): number {
  for (let index = start + 1; index < source.length; index++) {
    if (source[index] === "\\") index++;
    else if (source[index] === "]") return index;
  }
  return source.length;
}
