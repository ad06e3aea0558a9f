/** Predictions against whole numbers of any size, with the largest numbers there can be. */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { SymbolDecoder } from "../src/entropy/symbols.ts";
import type { Known } from "../src/exact/known.ts";
import { Missed } from "../src/exact/missed.ts";
import { Rules } from "../src/exact/rules.ts";
import { ExactTables } from "../src/exact/tables.ts";
import { TABLES } from "./exact.ts";
import { wholeOf } from "./random.ts";

const SCALE_ZERO = 32768;

/** A decoder that gives what it is told, the differences of the weights among it. */
function saying(numbers: number[][], weights: number[]): SymbolDecoder {
  return {
    takeUniform: (count: number) => {
      const found = numbers.shift()!;
      assert.equal(found.length, count);
      return Int32Array.from(found);
    },
    take: (index: Uint8Array, out: Int32Array) => {
      assert.equal(index.length, weights.length);
      out.set(weights);
    },
  } as unknown as SymbolDecoder;
}

/** floor(a / 2^bits) */
function shifted(a: bigint, bits: bigint): number {
  return Number(a >> bits);
}

for (const [what, weight, term] of [
  ["small", 800, 255],
  ["just narrow", 855, 65535],
  ["wide", 32767, 65535],
] as const) {
  test(`means and spots, ${what}`, () => {
    const next = wholeOf(weight);
    const some = (most: number) => (next(2) ? most : next(most + 1)) * (next(2) ? 1 : -1);
    for (let trial = 0; trial < 300; trial++) {
      const terms = Int32Array.from({ length: 38 }, () => some(term));
      const texture = Int32Array.from({ length: 11 }, () => Math.abs(some(2 ** 22)));
      const known = { base: next(65536), activity: next(2 ** 22), terms, texture } as Known;
      const first = Array.from(terms, () => some(weight));
      const second = first.map((one) => some(weight) - one);
      const cut = next(44);
      const scale = Array.from(texture, () => some(32767));
      const decoder = saying(
        [[2], [cut], [0], [7], scale.map((one) => one + SCALE_ZERO)],
        [...first, ...second],
      );
      const rules = new Rules(decoder, terms.length, TABLES);
      const missed = new Missed(decoder, TABLES, 0);
      missed.begin(known, rules.coarse);
      const upper = TABLES.bin(known.activity) >= cut;
      const weights = upper ? second.map((one, t) => one + first[t]!) : first;
      const base = BigInt(known.base) << 8n;
      const sum = terms.reduce((all, one, t) => all + BigInt(one) * BigInt(weights[t]!), base);
      const fine = Math.max(0, Math.min(Number(sum), 256 * 40000));
      assert.equal(rules.fineMean(known, 40000), fine);
      const expected = scale.reduce((all, one, u) => all + BigInt(one) * BigInt(texture[u]!), 0n);
      assert.equal(missed.spot(known), TABLES.bin(shifted(expected, 4n)));
    }
  });
}

test("bins", () => {
  const limits = Uint32Array.of(0, 1, 5, 8, 9, 2 ** 32 - 1);
  const tables = new ExactTables([2 ** 16, 0], Uint8Array.of(0), limits);
  for (const value of [-5, -1, 0, 1, 4, 5, 7, 8, 9, 10, 2 ** 31, 2 ** 32 - 1, 2 ** 40]) {
    assert.equal(tables.bin(value), limits.filter((limit) => limit <= value).length, `${value}`);
  }
});
