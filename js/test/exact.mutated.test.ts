/** Damaged exact layers: each file gives samples or an error that says why not, at once. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PelFile } from "../src/bitstream/file.ts";
import { isLearned, requireSupported, wholeOf } from "../src/bitstream/header.ts";
import { FormatError, LimitError, OptionError } from "../src/errors.ts";
import { type ExactPart, ExactReader, pairAt } from "../src/exact/reader.ts";
import { goodCases, readCase } from "./cases.ts";
import { readBox, TABLES } from "./exact.ts";
import { mutant } from "./mutants.ts";
import { randomOf } from "./random.ts";

const FILES = Number(process.env["MUTANTS"] ?? 300);
const LIMITS = { maxPixels: 2 ** 20 };

/** "samples", or the class of the error. */
async function outcome(data: Uint8Array, part: ExactPart): Promise<string> {
  try {
    const file = PelFile.parse(data, LIMITS);
    requireSupported(file.header);
    const reader = new ExactReader(file, part, TABLES, pairAt(file, part, 0));
    const samples = await readBox(reader, file.header, wholeOf(file.header));
    assert.equal(samples.length, file.header.width * file.header.height * reader.channels);
    return "samples";
  } catch (error) {
    const expected = [FormatError, LimitError, OptionError].some((kind) => error instanceof kind);
    if (expected) return (error as Error).name;
    throw error;
  }
}

/** What of a file is in an exact layer, if anything is. */
function partOf(data: Uint8Array): ExactPart | undefined {
  const file = PelFile.parse(data);
  if (!isLearned(file.header)) return "picture";
  if (file.kept) return "source";
  return file.alphaModel ? "alpha" : undefined;
}

test(`${FILES} mutated files`, async () => {
  const random = randomOf(20);
  const cases = goodCases().flatMap(({ name }) => {
    const data = readCase(`good/${name}/file.pel`);
    const part = partOf(data);
    return part ? [{ data, part }] : [];
  });
  const counts: Record<string, number> = {};
  for (let n = 0; n < FILES; n++) {
    const { data, part } = cases[Math.floor(random() * cases.length)]!;
    const started = performance.now();
    const found = await outcome(mutant(data, random), part);
    assert.ok(performance.now() - started < 20_000, "it takes too long");
    counts[found] = (counts[found] ?? 0) + 1;
  }
  assert.ok(counts["samples"]! > 0 && counts["DamagedFileError"]! > 0, JSON.stringify(counts));
});
