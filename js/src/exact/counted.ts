/**
 * Samples that repeat one of the nearest, as in drawings, labels, masks and depth maps
 * (docs/format.md, section 11, *Counted passes*).
 */

import type { SymbolDecoder } from "../entropy/symbols.ts";
import { DamagedFileError } from "../errors.ts";
import { Counts } from "./counts.ts";
import type { Known } from "./known.ts";
import { NEAREST, type Pass, PASSES } from "./passes.ts";
import { rounded } from "./rules.ts";

const MEAN = 4;
const GAP = 3; // the largest difference of the first two values that is told apart
const PARTS = 4; // of a level, and the most of them that the mean is told to be off

/** What `next` gives for a sample whose error follows. */
export const ANOTHER = -1;

/** The samples of a plane's counted passes. */
export class Counted {
  private readonly counts: Counts;
  private pass = 0;

  /** @param most samples that a pass can have */
  constructor(decoder: SymbolDecoder, most: number) {
    this.counts = new Counts(decoder, most);
  }

  /** Forget all: where a plane begins. */
  clear(): void {
    this.counts.clear();
  }

  /** Begin a pass of so many samples. */
  begin(pass: Pass, samples: number): void {
    this.pass = PASSES.indexOf(pass);
    this.counts.begin(samples);
  }

  /** The sample at a place that `known` looks at, whose mean is fine / 2^8; or ANOTHER. */
  next(at: number, known: Known, fine: number): number {
    const { terms } = known;
    const pattern = patternOf(terms);
    const order = pattern * NEAREST;
    const distinct = DISTINCT[pattern]!;
    const first = terms[ORDERS[order]!]!;
    const gap = Math.max(-GAP, Math.min(terms[ORDERS[order + 1]!]! - first, GAP));
    const own = (pattern * (2 * GAP + 1) + gap + GAP) * PASSES.length + this.pass;
    const coarse = known.alike(at, own);
    const off = (fine - (known.base + first) * 256 + 32) >> 6;
    const finer = coarse * (2 * PARTS + 1) + PARTS + Math.max(-PARTS, Math.min(off, PARTS));
    const number = this.counts.take(coarse, finer);
    if (number > MEAN) return ANOTHER;
    if (number === MEAN) return rounded(fine);
    if (number < distinct) return known.base + terms[ORDERS[order + number]!]!;
    throw new DamagedFileError(
      "a sample repeats a value that isn't among the nearest; get the file again",
    );
  }
}

/** Which of the nearest are equal: of each pair, a bit. */
function patternOf(terms: Int32Array): number {
  const one = terms[0]!;
  const two = terms[1]!;
  const three = terms[2]!;
  const four = terms[3]!;
  return (
    (two === one ? 32 : 0) |
    (three === one ? 16 : 0) |
    (three === two ? 8 : 0) |
    (four === one ? 4 : 0) |
    (four === two ? 2 : 0) |
    (four === three ? 1 : 0)
  );
}

const PAIRS = [1, 2, 3].flatMap((i) => [0, 1, 2].slice(0, i).map((j) => [i, j] as const));
/** By pattern: how many distinct values there are. */
const DISTINCT = new Uint8Array(1 << PAIRS.length);
/** By pattern: where the distinct values are, the most frequent first, then the first of them. */
const ORDERS = new Uint8Array(NEAREST << PAIRS.length);
for (let pattern = 0; pattern < DISTINCT.length; pattern++) {
  const often = [1, 1, 1, 1];
  const first = [true, true, true, true];
  PAIRS.forEach(([i, j], pair) => {
    if ((pattern & (32 >> pair)) === 0) return;
    often[i]!++;
    often[j]!++;
    first[i] = false;
  });
  const order = [0, 1, 2, 3].filter((i) => first[i]).sort((i, j) => often[j]! - often[i]!);
  DISTINCT[pattern] = order.length;
  ORDERS.fill(order[0]!, pattern * NEAREST, (pattern + 1) * NEAREST).set(order, pattern * NEAREST);
}
