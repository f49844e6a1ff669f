/** Random session ids that are easy to say: `adjective-noun`. */

const ADJECTIVES =
  "amber bold brisk calm clear crisp eager early even fair fast fine firm fond free fresh glad gold grand green keen kind late light lively lucky merry mild neat noble plain proud quick quiet rapid ready sharp shiny smart snug solid spry steady still sunny swift tidy true vivid warm wise"
    .split(" ");
const NOUNS =
  "ant badger bear beaver bee bison crane crow deer dove eagle elk falcon finch fox gecko goose hare hawk heron ibis jay kite koala lark lemur lion lynx mole moose mouse newt orca otter owl panda pike puffin quail raven robin seal shrew sparrow squid stork swan tern toad trout vole wolf wren yak"
    .split(" ");
/** After so many taken names the next one gets a number. */
const ATTEMPTS = 50;

export function freeName(isTaken: (name: string) => boolean, randomHex: (bytes: number) => string): string {
  const pick = (words: readonly string[]) => words[Number.parseInt(randomHex(4), 16) % words.length] ?? "plain";
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const name = `${pick(ADJECTIVES)}-${pick(NOUNS)}`;
    if (!isTaken(name)) return name;
  }
  return `${pick(ADJECTIVES)}-${pick(NOUNS)}-${randomHex(3)}`;
}
