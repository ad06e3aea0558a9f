/** Sequences: every case gives the frames that it must, in a whole file and in a damaged one. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { PelFile } from "../src/bitstream/file.ts";
import { PelSequence } from "../src/sequence/file.ts";
import { readCase } from "./cases.ts";
import { mutant } from "./mutants.ts";
import { randomOf } from "./random.ts";

interface SequenceCase {
  frames: (string | null)[];
  error: string | null;
}

const CASES: Record<string, SequenceCase> = JSON.parse(
  new TextDecoder().decode(readCase("sequences/cases.json")),
);
const ERRORS = [
  "DamagedFileError",
  "LimitError",
  "NotPelFileError",
  "UnsupportedError",
  "VersionError",
];

for (const [name, { frames, error }] of Object.entries(CASES)) {
  test(`sequence ${name}`, () => {
    const data = readCase(`sequences/${name}.pels`);
    if (error !== null) assert.throws(() => new PelSequence(data), { name: error });
    const found = new PelSequence(data, { keepGoing: error !== null });
    assert.equal(found.damage.length > 0, error !== null);
    assert.equal(found.frames.length, frames.length);
    frames.forEach((expected, number) => {
      if (expected === null) {
        assert.throws(() => found.frame(number), { name: "DamagedFileError" });
        return;
      }
      const frame = found.frame(number);
      assert.equal(createHash("sha256").update(frame).digest("hex"), expected);
      const { width, height } = PelFile.parse(frame).header;
      assert.deepEqual([width, height], [7, 6]);
    });
    assert.deepEqual(found.about?.rate, [30000, 1001]);
    assert.equal(found.about?.rotation, 90);
    assert.deepEqual({ ...found.about?.tags }, { title: "Prüfung" });
    const notes = new TextDecoder().decode(found.readAttached("notes.txt"));
    assert.equal(notes, "PK\x03\x04 is no member here");
  });
}

test("times, and what isn't there", () => {
  const found = new PelSequence(readCase("sequences/clip.pels"));
  assert.deepEqual(
    found.frames.map((frame) => frame?.timestamp),
    [-3003n, 0n, 3003n, 9009n],
  );
  assert.throws(() => found.frame(4), { name: "OptionError" });
  assert.throws(() => found.readAttached("other"), { name: "OptionError" });
  const file = readCase("good/exact_rgb/file.pel");
  for (const data of [file, new Uint8Array(0), new Uint8Array(40)]) {
    assert.throws(() => new PelSequence(data), { name: "NotPelFileError" });
  }
  assert.throws(() => new PelSequence(readCase("sequences/clip.pels"), { maxFrames: 2 }), {
    name: "LimitError",
  });
});

test("1000 mutated sequences", () => {
  const random = randomOf(5);
  const files = Object.keys(CASES).map((name) => readCase(`sequences/${name}.pels`));
  let whole = 0;
  for (let n = 0; n < 1000; n++) {
    const data = mutant(files[n % files.length]!, random);
    try {
      const found = new PelSequence(data, { keepGoing: n % 2 === 1 });
      found.frames.forEach((_, number) => found.frame(number));
      whole++;
    } catch (error) {
      assert.ok(ERRORS.includes((error as Error).name), (error as Error).stack);
    }
  }
  assert.ok(whole > 0 && whole < 1000);
});
