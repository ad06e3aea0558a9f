/** Grain: every sample as pellucid makes it, in the whole picture and in a part of it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PelFile } from "../src/bitstream/file.ts";
import { readBox } from "../src/exact/picture.ts";
import { ExactReader } from "../src/exact/reader.ts";
import type { IntegerType } from "../src/exact/types.ts";
import { addGrain } from "../src/grain/add.ts";
import { noiseOf } from "../src/grain/model.ts";
import { arrayOf, goodCases, readCase } from "./cases.ts";
import { TABLES } from "./exact.ts";

for (const { name } of goodCases().filter((one) => arrayOf(one.name, "grain"))) {
  test(`grain of ${name}`, async () => {
    const file = PelFile.parse(readCase(`good/${name}/file.pel`));
    const reader = new ExactReader(file, "picture", TABLES);
    const { width, height } = file.header;
    const { channels } = reader;
    const type = reader.type as IntegerType;
    const whole = { x: 0, y: 0, width, height };
    const expected = arrayOf(name, "grain")!.data;
    for (const box of [whole, { x: 5, y: 1, width: width - 9, height: height - 2 }]) {
      const samples = await readBox(reader, file.header, box);
      addGrain(samples, { box, channels, type, inside: whole }, noiseOf(file)!, 1);
      for (let row = 0; row < box.height; row++) {
        const from = ((box.y + row) * width + box.x) * channels;
        const length = box.width * channels;
        const part = samples.subarray(row * length, (row + 1) * length);
        assert.deepEqual(part, expected.subarray(from, from + length));
      }
    }
  });
}
