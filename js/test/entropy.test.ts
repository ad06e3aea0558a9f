/** The entropy coder against the specification's own arithmetic, in whole numbers of any size. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { AnsDecoder } from "../src/entropy/ans.ts";
import { SymbolDecoder } from "../src/entropy/symbols.ts";
import { tableOf, TableSet, uniformTable } from "../src/entropy/tables.ts";
import { wholeOf } from "./random.ts";

/** Section 6, word for word. */
class Specified {
  state = 0n;
  private readonly words: number[];

  constructor(words: number[]) {
    this.words = [...words];
    for (let i = 0; i < 2 && this.words.length; i++) this.refill();
  }

  decode(lefts: ArrayLike<number>): number {
    const q = Number(this.state % 2n ** 24n);
    let i = 0;
    while (lefts[i + 1]! <= q) i++;
    const width = BigInt(lefts[i + 1]! - lefts[i]!);
    this.state = (this.state >> 24n) * width + BigInt(q - lefts[i]!);
    if (this.state < 2n ** 32n && this.words.length) this.refill();
    return i;
  }

  private refill(): void {
    this.state = this.state * 2n ** 32n + BigInt(this.words.pop()!);
  }
}

/** Counts that sum to 2^16, of which some are 0 and one may be nearly all. */
function countsOf(next: (n: number) => number, n: number): number[] {
  const cuts = Array.from({ length: n - 1 }, () => (next(3) ? next(2 ** 16 + 1) : next(300)));
  cuts.sort((a, b) => a - b);
  return [...cuts, 2 ** 16].map((cut, i) => cut - (cuts[i - 1] ?? 0));
}

function bytesOf(words: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}

test("symbols are those of the specification", () => {
  const next = wholeOf(1);
  for (let trial = 0; trial < 60; trial++) {
    const tables = Array.from({ length: 4 }, () => tableOf(countsOf(next, 2 + next(510))));
    tables.push(uniformTable(8), uniformTable(1), tableOf([0, 2 ** 16]));
    const words = Array.from({ length: next(40) }, () => next(2) * next(2 ** 32));
    words.push(...(next(9) ? [2 ** 32 - 1 - next(2) * next(2 ** 32 - 1)] : []));
    if (words.at(-1) === 0) words.push(1);
    const ours = new AnsDecoder(bytesOf(words));
    const specified = new Specified(words);
    const out = new Int32Array(7);
    for (let run = 0; run < 40; run++) {
      const table = tables[next(tables.length)]!;
      const count = next(out.length + 1);
      ours.decode(table, out, 0, count);
      for (let i = 0; i < count; i++) assert.equal(out[i], specified.decode(table.lefts));
      const padded = Int32Array.of(9, ...table.lefts);
      assert.equal(ours.decodeOne(padded, 1), specified.decode(table.lefts));
    }
  }
});

test("lefts are those of the specification", () => {
  const next = wholeOf(2);
  for (let trial = 0; trial < 12; trial++) {
    const counts = countsOf(next, 2 + next(510));
    const n = counts.length;
    let below = 0n;
    counts.forEach((count, i) => {
      assert.equal(tableOf(counts).lefts[i], i + Number((below * BigInt(2 ** 24 - n)) >> 16n));
      below += BigInt(count);
    });
  }
  assert.throws(() => tableOf([1, 2]), RangeError);
});

test("payloads that can't be", () => {
  const error = { name: "DamagedFileError" };
  assert.throws(() => new AnsDecoder(new Uint8Array(5)), error);
  assert.throws(() => new AnsDecoder(bytesOf([7, 0])), error);
  assert.throws(() => new AnsDecoder(bytesOf([7])).finish(), error);
  assert.throws(() => new AnsDecoder(bytesOf([7, 7, 7])).finish(), error);
  new AnsDecoder(new Uint8Array(0)).finish();
});

test("without words all symbols are the first", () => {
  const tables = new TableSet([2 ** 15, 0, 0, 2 ** 15], Uint8Array.of(1));
  const decoder = new SymbolDecoder(new Uint8Array(0), tables);
  assert.deepEqual(Array.from(decoder.takeUniform(3, 17)), [0, 0, 0]);
  const out = new Int32Array(2);
  decoder.take(new Uint8Array(2), out);
  assert.deepEqual(Array.from(out), [-1, -1]);
  decoder.finish();
});
