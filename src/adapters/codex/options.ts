/** Reads the options of `codex` as people spell them: `--name value`, `--name=value`, `-nVALUE`, `-n value`. */

const SHORT_NAMES: Readonly<Record<string, string>> = {
  "-c": "--config",
  "-m": "--model",
  "-C": "--cd",
  "-s": "--sandbox",
  "-a": "--ask-for-approval",
  "-i": "--image",
  "-p": "--profile",
  "-h": "--help",
  "-V": "--version",
};

/** Options that `codex app-server` 0.169 itself takes, each with a value. */
export const PASSED_WITH_VALUE = [
  "--enable",
  "--disable",
  "--startup-client-info",
  "--cloud-skills-snapshot",
  "--code-mode-host",
];

const TAKES_VALUE = [
  "--config",
  "--model",
  "--cd",
  "--sandbox",
  "--ask-for-approval",
  "--add-dir",
  ...PASSED_WITH_VALUE,
];

/** One option: its long name, and its value where it has one. */
export interface CodexOption {
  name: string;
  value?: string;
}

/** The option that `word` begins. Takes its value from `rest` where it stands there. */
export function readOption(word: string, rest: string[]): CodexOption {
  const option = splitOption(word);
  if (option.value !== undefined || !TAKES_VALUE.includes(option.name)) return option;
  const value = rest.shift();
  return value === undefined ? option : { ...option, value };
}

/** Whether an option takes a value. */
export function takesValue({ name }: CodexOption): boolean {
  return TAKES_VALUE.includes(name);
}

/** All options up to `--`, in order, without the other words. */
export function optionsIn(args: readonly string[]): CodexOption[] {
  const end = args.indexOf("--");
  const words = args.slice(0, end < 0 ? undefined : end);
  const options: CodexOption[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word.startsWith("-") && word !== "-") options.push(readOption(word, words));
  }
  return options;
}

/** The directory of `-C`, in each of its spellings; Codex 0.169 takes the last one. Undefined without `-C`. */
export function directoryOf(args: readonly string[]): string | undefined {
  return optionsIn(args).flatMap(({ name, value }) => name === "--cd" && value !== undefined ? [value] : []).at(-1);
}

function splitOption(word: string): CodexOption {
  if (word.startsWith("--")) {
    const at = word.indexOf("=");
    return at === -1 ? { name: word } : { name: word.slice(0, at), value: word.slice(at + 1) };
  }
  const name = SHORT_NAMES[word.slice(0, 2)] ?? word.slice(0, 2);
  if (word.length === 2) return { name };
  return { name, value: word.slice(word[2] === "=" ? 3 : 2) };
}
