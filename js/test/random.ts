/** Numbers that look random and are the same each time. */

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A function that gives whole numbers of 0 .. n - 1, the same for a seed. */
export function wholeOf(seed: number): (n: number) => number {
  const random = randomOf(seed);
  return (n) => Math.floor(random() * n);
}
