/** Damaged exact layers: each file gives samples or an error that says why not, at once. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PelFile } from "../src/bitstream/file.ts";
import { requireSupported } from "../src/bitstream/header.ts";
import { DamagedFileError, FormatError, LimitError } from "../src/errors.ts";
import { type ExactPart, ExactReader } from "../src/exact/reader.ts";
import { wholeOf } from "../src/learned/geometry.ts";
import { goodCases, readCase } from "./cases.ts";
import { readBox, TABLES } from "./exact.ts";
import { mutated } from "./mutated.ts";
import { random } from "./random.ts";

const FILES = Number(process.env["MUTATED"] ?? 300);
const LIMITS = { maxPixels: 2 ** 20 };

/** "samples", or the class of the error. */
async function outcome(data: Uint8Array, part: ExactPart): Promise<string> {
  try {
    const file = PelFile.parse(data, LIMITS);
    requireSupported(file.header);
    const reader = new ExactReader(file, part, TABLES);
    const samples = await readBox(reader, file.header, wholeOf(file.header));
    assert.equal(samples.length, file.header.width * file.header.height * reader.channels);
    return "samples";
  } catch (error) {
    if (error instanceof FormatError || error instanceof LimitError) return error.name;
    throw error;
  }
}

test(`${FILES} mutated files`, async () => {
  const next = random(20);
  const cases = goodCases().map(({ name }) => readCase(`good/${name}/file.pel`));
  const counts: Record<string, number> = {};
  for (let n = 0; n < FILES; n++) {
    const data = cases[next(cases.length)]!;
    const file = PelFile.parse(data);
    const learned = file.header.layers & 1;
    if (learned && file.alphaModel === undefined && file.kept === undefined) continue;
    const part = learned ? (file.kept === undefined ? "alpha" : "source") : "picture";
    const started = performance.now();
    const found = await outcome(mutated(data, next), part);
    assert.ok(performance.now() - started < 5000, "it takes too long");
    counts[found] = (counts[found] ?? 0) + 1;
  }
  assert.ok(counts["samples"]! > 0 && counts[DamagedFileError.name]! > 0, JSON.stringify(counts));
});
