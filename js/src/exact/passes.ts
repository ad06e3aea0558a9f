/**
 * The three passes from one level of a plane to the next finer one (docs/format.md, section 11,
 * *Levels*).
 *
 *     o h o h      o  known from the level above
 *     v c v c      c  first pass: between four corners
 *     o h o h      h  second: known left, right, above and below
 *     v c v c      v  third: these and the h around
 */

import { MARGIN } from "./grid.ts";

/** (rows down, columns to the right) from a sample. */
export type Offset = readonly [number, number];

/** One pass: its first sample, and what it knows around each, the four nearest first. */
export interface Pass {
  readonly row: number;
  readonly column: number;
  readonly own: readonly Offset[];
  /** What it looks at in a reference: the sample in the same place, the nearest, and others. */
  readonly other: readonly Offset[];
}

export const NEAREST = 4;
export const CROSS: readonly Offset[] = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
];
const CENTRE: Offset = [0, 0];
const CORNERS: readonly Offset[] = [
  [-1, -1],
  [-1, 1],
  [1, -1],
  [1, 1],
];

/** The nearest, then all others within reach that are `known`. */
function around(nearest: readonly Offset[], known: (dy: number, dx: number) => boolean): Offset[] {
  const found = [...nearest];
  for (let dy = -MARGIN; dy <= MARGIN; dy++) {
    for (let dx = -MARGIN; dx <= MARGIN; dx++) {
      const first = nearest.some(([y, x]) => y === dy && x === dx);
      if (!first && known(dy, dx)) found.push([dy, dx]);
    }
  }
  return found;
}

const odd = (number: number): boolean => number % 2 !== 0;
const close = (dy: number, dx: number): boolean => Math.abs(dy) + Math.abs(dx) <= MARGIN;

export const PASSES: readonly Pass[] = [
  {
    row: 1,
    column: 1,
    own: around(CORNERS, (dy, dx) => odd(dy) && odd(dx)),
    other: [CENTRE, ...CORNERS, ...CROSS],
  },
  {
    row: 0,
    column: 1,
    own: around(CROSS, (dy, dx) => close(dy, dx) && odd(dy + dx)),
    other: [CENTRE, ...CROSS],
  },
  {
    row: 1,
    column: 0,
    own: around(CROSS, (dy, dx) => close(dy, dx) && (odd(dy) || odd(dx))),
    other: [CENTRE, ...CROSS],
  },
];
