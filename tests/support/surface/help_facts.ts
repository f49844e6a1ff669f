/**
 * What a help text promises a script: usage lines, arguments, option names with their placeholders, defaults, exit
 * statuses. Prose is left out.
 */

/** The commands that the overview lists. */
export function commandsOf(overview: string): string[] {
  return termsOf(overview, "Commands:").map(({ term }) => term);
}

export function overviewFacts(overview: string): string[] {
  return [
    ...commandsOf(overview).map((name) => `command ${name}`),
    ...termsOf(overview, "Options:").map(({ term }) => `option ${term}`),
    ...termsOf(overview, "EXIT STATUS").map(({ term }) => `exit status ${term}`),
  ];
}

export function helpFacts(name: string, help: string): string[] {
  return [
    ...usageOf(help).map((usage) => `${name}: usage ${usage}`),
    ...termsOf(help, "Arguments:").map(({ term }) => `${name}: argument ${term}`),
    ...termsOf(help, "Options:").flatMap(({ term, text }) => optionFacts(term, text)).map((fact) => `${name}: ${fact}`),
    ...termsOf(help, "EXIT STATUS").map(({ term }) => `${name}: exit status ${term}`),
  ];
}

/** A default of one word is a value; a longer one is a description, which may be put in other words. */
function optionFacts(term: string, text: string): string[] {
  const facts = /\(((?:required|default: |env: )[^()]*)\)$/.exec(text)?.[1]?.split("; ") ?? [];
  const [first = ""] = term.split(/[ ,]/);
  return [
    `option ${term}`,
    ...facts.map((fact) => {
      const value = /^default: (.+)$/.exec(fact)?.[1];
      if (value === undefined) return `option ${first} ${fact}`;
      return `option ${first} ${/^\S+$/.test(value) ? `default: ${value}` : "has a default"}`;
    }),
  ];
}

/** The lines of the first paragraph, each a form of the command. */
function usageOf(help: string): string[] {
  const [paragraph = ""] = help.split("\n\n");
  return paragraph.split("\n").map((line) => line.replace(/^Usage:/, "").trim());
}

interface Entry {
  term: string;
  text: string;
}

/** The entries of a section: a term after two blanks, its text after two more or on the lines under it. */
function termsOf(help: string, title: string): Entry[] {
  const lines = help.split("\n");
  const start = lines.indexOf(title);
  if (start < 0) return [];
  const end = lines.indexOf("", start);
  const entries: Entry[] = [];
  for (const line of lines.slice(start + 1, end < 0 ? undefined : end)) {
    const [, term, text = ""] = /^ {2}(\S.*?)(?: {2,}(\S.*))?$/.exec(line) ?? [];
    const last = entries.at(-1);
    if (term !== undefined) entries.push({ term, text });
    else if (last !== undefined) last.text = `${last.text} ${line.trim()}`.trim();
  }
  return entries;
}
