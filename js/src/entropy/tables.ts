/**
 * Probability tables: how each splits the coder's range among its symbols (docs/format.md,
 * section 6).
 *
 * Symbol i of a table has the numbers left_i .. left_(i+1) - 1 of 2^24. To find the symbol of a
 * number, its upper 12 bits give the first symbol that can be meant, and few steps the right one.
 */

const CODED_BITS = 24;
export const CODED_TOTAL = 1 << CODED_BITS;
export const COUNT_TOTAL = 1 << 16;
export const LOOKUP_SHIFT = 12;

/** One table, as the decoder needs it. */
export interface Table {
  /** left_0 .. left_n: where the range of each symbol begins, and the end of the last. */
  readonly lefts: Int32Array;
  /** The symbol that the first number of each run of 2^12 belongs to. */
  readonly first: Uint16Array;
}

/** The table of n counts that sum to 2^16; RangeError if they don't. */
export function tableOf(counts: ArrayLike<number>): Table {
  const n = counts.length;
  const lefts = new Int32Array(n + 1);
  let below = 0;
  for (let i = 0; i < n; i++) {
    lefts[i] = leftOf(i, below, n);
    below += counts[i]!;
  }
  if (below !== COUNT_TOTAL) {
    throw new RangeError(`the counts of a table sum to ${below}, not ${COUNT_TOTAL}`);
  }
  lefts[n] = CODED_TOTAL;
  const first = new Uint16Array(CODED_TOTAL >> LOOKUP_SHIFT);
  for (let run = 0, i = 0; run < first.length; run++) {
    while (lefts[i + 1]! <= run << LOOKUP_SHIFT) i++;
    first[run] = i;
  }
  return { lefts, first };
}

/** Where the range of the i-th of n symbols begins, if `below` is the sum of the counts before. */
export function leftOf(i: number, below: number, n: number): number {
  return i + Math.floor((below * (CODED_TOTAL - n)) / COUNT_TOTAL);
}

const uniformTables: (Table | undefined)[] = [];

/** The table of 2^bits equal counts, 1 to 8 bits; that of 8 is the format's byte table. */
export function uniformTable(bits: number): Table {
  return (uniformTables[bits] ??= tableOf(new Array(1 << bits).fill(COUNT_TOTAL >> bits)));
}

/** The tables of one model, each built when it is first asked for. */
export class TableSet {
  /** The largest symbol of each table: its alphabet is -reach .. reach, then *escape*. */
  readonly reach: Uint8Array;
  private readonly counts: ArrayLike<number>;
  private readonly width: number;
  private readonly built: (Table | undefined)[] = [];

  /**
   * @param counts [T, W], flat: the first 2 reach + 2 of each row count
   * @param reach [T]
   */
  constructor(counts: ArrayLike<number>, reach: Uint8Array) {
    this.counts = counts;
    this.reach = reach;
    this.width = counts.length / reach.length;
  }

  /** How many there are. */
  get length(): number {
    return this.reach.length;
  }

  /** The table of a number below `length`. */
  table(number: number): Table {
    return (this.built[number] ??= this.build(number));
  }

  private build(number: number): Table {
    const start = number * this.width;
    const counts = Array.from({ length: 2 * this.reach[number]! + 2 }, (_, i) => {
      return this.counts[start + i] ?? 0;
    });
    return tableOf(counts);
  }
}
