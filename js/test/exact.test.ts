/** Exact layers: every good case comes back sample by sample, every bad one is refused. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { PelFile } from "../src/bitstream/file.ts";
import { type ExactPart, ExactReader, pairAt, tablesOf } from "../src/exact/reader.ts";
import { arrayOf, badCases, goodCases, readCase } from "./cases.ts";
import { readBox, TABLES } from "./exact.ts";

const CASES = goodCases();
const ID = CASES.find((one) => one.model.name === "exact")!.model.id;

/** All samples of a part of a file. */
async function samplesOf(data: Uint8Array, part: ExactPart = "picture") {
  const file = PelFile.parse(data);
  const { width, height } = file.header;
  const reader = new ExactReader(file, part, TABLES, pairAt(file, part, 0));
  const samples = await readBox(reader, file.header, { x: 0, y: 0, width, height });
  return { file, reader, samples };
}

function bytesOf(samples: ArrayBufferView): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

for (const { name, ...said } of CASES.filter((one) => one.name.startsWith("exact_"))) {
  test(`good ${name}`, async () => {
    const { file, reader, samples } = await samplesOf(readCase(`good/${name}/file.pel`));
    const expected = (arrayOf(name, "expected") ?? arrayOf(name, "input"))!;
    assert.equal(reader.type, said.dtype);
    assert.deepEqual([file.header.height, file.header.width, reader.channels], said.shape);
    assert.deepEqual(bytesOf(samples), bytesOf(expected.data));
    const sha = createHash("sha256").update(bytesOf(samples)).digest("hex");
    assert.equal(sha, said.latents_sha256);
  });
}

for (const { name } of CASES.filter((one) => arrayOf(one.name, "guide"))) {
  test(`guide of ${name}`, async () => {
    const { reader, samples } = await samplesOf(readCase(`good/${name}/file.pel`), "guide");
    const guide = arrayOf(name, "guide")!;
    assert.equal(reader.channels, guide.shape[2]);
    assert.deepEqual(samples, guide.data);
  });
}

for (const { name } of CASES.filter((one) => one.source_error !== undefined)) {
  test(`source of ${name}`, async () => {
    const { samples } = await samplesOf(readCase(`good/${name}/file.pel`), "source");
    assert.deepEqual(samples, (arrayOf(name, "source") ?? arrayOf(name, "input"))!.data);
  });
}

for (const { name } of CASES.filter((one) => !one.name.startsWith("exact_"))) {
  const data = readCase(`good/${name}/file.pel`);
  if (PelFile.parse(data).alphaModel === undefined) continue;
  test(`alpha of ${name}`, async () => {
    const { reader, samples } = await samplesOf(data, "alpha");
    const { data: pixels, shape } = arrayOf(name, "input")!;
    const channels = shape[2]!;
    assert.equal(reader.channels, 1);
    assert.deepEqual(
      Array.from(samples),
      Array.from(pixels).filter((_, i) => i % channels === channels - 1),
    );
  });
}

for (const { name, error } of badCases().filter((one) => one.stage === "decode")) {
  const data = readCase(`bad/${name}.pel`);
  const file = PelFile.parse(data);
  const part = file.header.layers & 1 ? "alpha" : "picture";
  if (part === "alpha" && file.alphaModel === undefined) continue;
  if (error === "UnknownModelError") {
    test(`bad ${name}: the tables are others`, () => assert.notEqual(tablesOf(file, part), ID));
  } else {
    test(`bad ${name}`, () => assert.rejects(samplesOf(data, part), { name: error }));
  }
}

test("a part that isn't there", async () => {
  const data = readCase("good/exact_rgb/file.pel");
  for (const part of ["guide", "source", "alpha"] as const) {
    await assert.rejects(samplesOf(data, part), { name: "OptionError" });
  }
});

test("a region is part of the whole", async () => {
  const data = readCase("good/exact_tiles/file.pel");
  const { file, reader, samples } = await samplesOf(data);
  const box = { x: 500, y: 2, width: 25, height: 3 };
  const part = await readBox(reader, file.header, box);
  const { channels } = reader;
  for (let y = 0; y < box.height; y++) {
    const from = ((box.y + y) * file.header.width + box.x) * channels;
    const row = box.width * channels;
    assert.deepEqual(part.subarray(y * row, (y + 1) * row), samples.subarray(from, from + row));
  }
});

test("a Buffer of Node is bytes like others", async () => {
  for (const name of ["exact_grey_16", "exact_stored", "exact_float_marks"]) {
    const data = readCase(`good/${name}/file.pel`);
    const pooled = Buffer.from("a" + Buffer.from(data).toString("latin1"), "latin1").subarray(1);
    assert.deepEqual((await samplesOf(pooled)).samples, (await samplesOf(data)).samples);
  }
});
