/** Random choices that can be made again: the seed is printed, and `HARNEX_SEED` sets it. */

export function printedSeed(): number {
  const given = Deno.env.get("HARNEX_SEED");
  const seed = given === undefined ? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0 : Number(given);
  console.log(`HARNEX_SEED=${seed}`);
  return seed;
}

/** Numbers from 0 up to 1; the same ones for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of the items, in random order. */
export function sample<Item>(items: readonly Item[], count: number): Item[] {
  const random = createRandom(printedSeed());
  const ranked = items.map((item) => ({ item, rank: random() })).sort((one, other) => one.rank - other.rank);
  return ranked.slice(0, count).map(({ item }) => item);
}
