/** Float16: rounded once from doubles, and widened without loss. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHalfBits, halfBits } from "../src/half.ts";

const ALL = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
const WIDE = fromHalfBits(ALL);
const INFINITE = 0x7c00;

test("every float16 comes back", () => {
  for (const bits of ALL) {
    const isNaN = (bits & 0x7fff) > INFINITE;
    assert.equal(Number.isNaN(WIDE[bits]), isNaN);
    if (!isNaN) assert.equal(halfBits(WIDE[bits]!), bits);
  }
  assert.equal(WIDE[0x3c00], 1);
  assert.equal(WIDE[1], 2 ** -24);
  assert.equal(WIDE[0x7bff], 65504);
  assert.equal(WIDE[0xfc00], -Infinity);
  assert.equal(halfBits(Number.NaN), 0x7e00);
});

test("halfway goes to the even one, and no sum is rounded twice", () => {
  for (let bits = 0; bits < INFINITE; bits++) {
    const [low, high] = [WIDE[bits]!, bits + 1 === INFINITE ? 65536 : WIDE[bits + 1]!];
    const middle = (low + high) / 2;
    assert.equal(halfBits(middle), bits + (bits & 1));
    assert.equal(halfBits(middle + middle * 2 ** -50), bits + 1);
    assert.equal(halfBits(-(middle - middle * 2 ** -50)), bits | 0x8000);
  }
});
