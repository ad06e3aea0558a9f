/** Grain: every sample as pellucid makes it, in the whole picture and in a part of it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PelFile } from "../src/bitstream/file.ts";
import { wholeOf } from "../src/bitstream/header.ts";
import { ExactReader, pairAt } from "../src/exact/reader.ts";
import type { IntegerType } from "../src/exact/types.ts";
import { Grain } from "../src/grain/add.ts";
import { noiseOf } from "../src/grain/model.ts";
import { arrayOf, goodCases, readCase } from "./cases.ts";
import { readBox, TABLES } from "./exact.ts";

for (const { name } of goodCases().filter((one) => arrayOf(one.name, "grain"))) {
  test(`grain of ${name}`, async () => {
    const file = PelFile.parse(readCase(`good/${name}/file.pel`));
    const reader = new ExactReader(file, "picture", TABLES, pairAt(file, "picture", 0));
    const { width, height } = file.header;
    const { channels } = reader;
    const grain = new Grain(file, 1);
    const expected = arrayOf(name, "grain")!.data;
    const part = { x: 5, y: 1, width: width - 9, height: height - 2 };
    for (const box of [wholeOf(file.header), part]) {
      const samples = await readBox(reader, file.header, box);
      grain.add(samples, box, channels, reader.type as IntegerType);
      for (let row = 0; row < box.height; row++) {
        const from = ((box.y + row) * width + box.x) * channels;
        const length = box.width * channels;
        const found = samples.subarray(row * length, (row + 1) * length);
        assert.deepEqual(found, expected.subarray(from, from + length));
      }
    }
  });
}

test("lines along the edges get none, nor does a weaker strength add more", () => {
  const { header, payload } = fileWith();
  const edges = [[{ lines: 2, colour: [0, 0, 0] }], [], [], [{ lines: 3, colour: [0, 0, 0] }]];
  const file = { header, edges, payload: () => payload } as unknown as PelFile;
  const { width, height } = header;
  const added = [0, 0.5, 1].map((strength) => {
    const samples = new Uint8Array(width * height * 3).fill(128);
    new Grain(file, strength).add(samples, wholeOf(header), 3, "uint8");
    return samples.map((sample) => Math.abs(sample - 128));
  });
  const sums = added.map((grain) => grain.reduce((sum, one) => sum + one, 0));
  assert.equal(sums[0], 0);
  assert.ok(sums[1]! > 0 && sums[1]! < sums[2]!);
  added[2]!.forEach((grain, at) => {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
    if (y < 2 || x >= width - 3) assert.equal(grain, 0);
  });
});

test("strengths and files that can't be", () => {
  const file = PelFile.parse(readCase("good/exact_grain/file.pel"));
  for (const strength of [-0.1, 1.1, Number.NaN]) {
    assert.throws(() => new Grain(file, strength), { name: "OptionError" });
  }
  const none = PelFile.parse(readCase("good/exact_rgb/file.pel"));
  assert.throws(() => new Grain(none, 1), { name: "OptionError" });
});

test("chunks that can't be", () => {
  const { header, payload } = fileWith();
  const wrong: [string, (bytes: Uint8Array) => Uint8Array, string][] = [
    ["newer", (bytes) => bytes.with(0, 2), "UnsupportedError"],
    ["version 0", (bytes) => bytes.with(0, 0), "DamagedFileError"],
    ["9 points", (bytes) => bytes.with(1, 9), "DamagedFileError"],
    ["scale", (bytes) => bytes.with(2, 17), "DamagedFileError"],
    ["no range", (bytes) => bytes.fill(0, 9, 17), "DamagedFileError"],
    ["short", (bytes) => bytes.slice(0, -1), "DamagedFileError"],
    ["empty", () => new Uint8Array(0), "DamagedFileError"],
  ];
  for (const [what, change, error] of wrong) {
    const file = { header, payload: () => change(payload.slice()) } as unknown as PelFile;
    assert.throws(() => noiseOf(file), { name: error }, what);
  }
});

function fileWith(): { header: PelFile["header"]; payload: Uint8Array } {
  const file = PelFile.parse(readCase("good/exact_grain/file.pel"));
  return { header: file.header, payload: file.payload("nois")! };
}
