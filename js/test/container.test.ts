/**
 * The container: every bad case is refused by the right class, every good one gives its metadata.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { crc32 } from "../src/bitstream/chunk.ts";
import { PelFile } from "../src/bitstream/file.ts";
import { hexOf, layersOf, requireSupported, tileCount } from "../src/bitstream/header.ts";
import { badCases, goodCases, readCase } from "./cases.ts";

/** All that can be checked without a model. */
function readContainer(data: Uint8Array): PelFile {
  const file = PelFile.parse(data);
  requireSupported(file.header);
  for (const layer of layersOf(file.header)) {
    for (let number = 0; number < tileCount(file.header); number++) file.tile(number, layer);
  }
  return file;
}

for (const { name, error, stage } of badCases()) {
  test(`bad ${name}: ${stage}`, () => {
    const data = readCase(`bad/${name}.pel`);
    if (stage === "container") assert.throws(() => readContainer(data), { name: error });
    else readContainer(data);
  });
}

for (const { name, metadata, model } of goodCases()) {
  test(`good ${name}: metadata`, () => {
    const file = readContainer(readCase(`good/${name}/file.pel`));
    assert.equal(file.header.modelId, model.id);
    const found: Record<string, string> = {};
    const types = { exif: "exif", icc: "iccp", xmp: "xmp0", axes: "axes", dicom: "dicm" };
    for (const [kind, type] of Object.entries(types)) {
      const payload = file.payload(type);
      if (payload) found[kind] = hexOf(payload);
    }
    assert.deepEqual(found, metadata);
  });
}

test("limits are checked before anything is read", () => {
  const data = readCase("good/tiles/file.pel");
  assert.throws(() => PelFile.parse(data, { maxPixels: 1000 }), { name: "LimitError" });
  assert.throws(() => PelFile.parse(data, { maxTiles: 3 }), { name: "LimitError" });
  assert.throws(() => PelFile.parse(data, { maxPixels: Number.NaN }), { name: "OptionError" });
});

test("the CRC is zlib's", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});
