/** A region needs the tiles under it and no other, each checked as often as it is used. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PelFile } from "../src/bitstream/file.ts";
import { type Chunk, chunksOf, fileOf } from "./chunks.ts";
import { readCase } from "./cases.ts";
import { makeDecoder } from "./decoder.ts";

const decoder = makeDecoder();
const SIDE = 64;

/** A pair of 8 bits whose tiles lie side by side, all stored and 0; `starts` are what they begin with. */
function pair(starts: readonly number[][]): Chunk[] {
  const head = chunksOf(readCase("good/exact_pair/file.pel"))[0]![1];
  const view = new DataView(head.buffer);
  view.setUint32(1, SIDE * starts.length, true);
  view.setUint32(5, SIDE, true);
  view.setUint16(9, 2, true); // planes, then 8 bits, unsigned, no colours, no alpha
  head.set([8, 0, 2, 0], 11);
  head[18] = Math.log2(SIDE);
  const tiles = starts.map((start, number) => {
    const tile = new Uint8Array(5 + start.length + 1 + 2 * SIDE * SIDE);
    tile.set([number, 0, 0, 0, 1, ...start]);
    return tile;
  });
  const sizes = Uint32Array.from(tiles, (tile) => tile.length);
  const rest: Chunk[] = tiles.map((tile) => ["TILE", tile]);
  const index: Chunk = ["TIDX", new Uint8Array(sizes.buffer)];
  return [["HEAD", head], index, ...rest, ["DONE", new Uint8Array(0)]];
}

const ALIKE = [1, 0, 0, 0]; // one plane of guide, 8 bits both

test("tiles of a pair are checked as often as they are used", async (context) => {
  const file = fileOf(pair(Array.from({ length: 9 }, () => ALIKE)));
  const asked = context.mock.method(PelFile.prototype, "tile");
  assert.equal((await decoder.decode(file)).width, 9 * SIDE);
  const first = asked.mock.calls.filter((call) => call.arguments[0] === 0);
  assert.equal(first.length, 3); // when all are checked, for the pair's types, for the samples
});

test("a region needs no tile beside it", async () => {
  const damaged = pair([ALIKE, ALIKE, ALIKE]);
  damaged[2]![1].set([3, 0, 3, 3], 5);
  const region = { x: 2 * SIDE + 3, y: 0, width: 4, height: 5 };
  for (const which of ["picture", "guide"] as const) {
    assert.equal((await decoder.decode(fileOf(damaged), { region, which })).channels, 1);
    await assert.rejects(decoder.decode(fileOf(damaged), { which }), { name: "DamagedFileError" });
  }
  for (const name of ["exact_tiles", "tiles"]) {
    const data = readCase(`good/${name}/file.pel`);
    const { width, height } = await decoder.decode(data);
    const first = chunksOf(data).findIndex(([type]) => type === "TILE");
    const before = fileOf(chunksOf(data).slice(0, first)).length;
    data[before + 20]! ^= 1; // in the first tile
    const last = { x: width - 9, y: height - 5, width: 9, height: 5 };
    assert.equal((await decoder.decode(data, { region: last })).width, 9);
    await assert.rejects(decoder.decode(data), { name: "DamagedFileError" });
  }
});

test("tiles of a pair must begin alike", async () => {
  const file = fileOf(pair([ALIKE, ALIKE, [1, 0, 0, 1]]));
  await assert.rejects(decoder.decode(file), { name: "DamagedFileError" });
});
