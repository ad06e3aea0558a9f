/** Numbers that look random and are the same each time: Marsaglia's xorshift of 32 bits. */

/** A function that gives whole numbers of 0 .. n - 1, for n up to 2^32. */
export function random(seed: number): (n: number) => number {
  let state = (seed ^ 0x9e3779b9) | 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * n);
  };
}
