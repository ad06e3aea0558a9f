/**
 * Files that chance has changed, and what a decoder makes of them: an error of the right kind, or a
 * picture. Runs in Node and in browsers.
 */

import { crc32 } from "../src/bitstream/chunk.ts";
import type { PelDecoder } from "../src/decoder.ts";
import { randomOf } from "./random.ts";

const EXPECTED = [
  "DamagedFileError",
  "LimitError",
  "NotPelFileError",
  "UnknownModelError",
  "UnsupportedError",
  "VersionError",
];

/** What became of mutated files. */
export interface Outcome {
  pictures: number;
  /** How often each expected error came. */
  errors: Record<string, number>;
  /** What else came: errors of other kinds. */
  strange: string[];
  /** Milliseconds that the slowest file took. */
  slowest: number;
}

/** Decode `count` mutants of the files, the same ones for a seed. */
export async function attack(
  decoder: PelDecoder,
  files: readonly Uint8Array[],
  count: number,
  seed: number,
): Promise<Outcome> {
  const random = randomOf(seed);
  const outcome: Outcome = { pictures: 0, errors: {}, strange: [], slowest: 0 };
  for (let number = 0; number < count; number++) {
    const file = files[Math.floor(random() * files.length)]!;
    const grain = number % 8 ? 0 : 1;
    const start = performance.now();
    try {
      await decoder.decode(mutant(file, random), { grain });
      outcome.pictures++;
    } catch (error) {
      const { name, message } = error as Error;
      const expected = EXPECTED.includes(name) || (grain && name === "OptionError"); // it has none
      if (expected) outcome.errors[name] = (outcome.errors[name] ?? 0) + 1;
      else outcome.strange.push(`${number}: ${name}: ${message}`);
    }
    outcome.slowest = Math.max(outcome.slowest, performance.now() - start);
  }
  return outcome;
}

/**
 * A file with some bytes changed, cut, doubled or moved; three of four with right checksums again.
 */
export function mutant(file: Uint8Array, random: () => number): Uint8Array {
  const at = () => Math.floor(random() * file.length);
  let out = file.slice();
  const kind = random();
  if (kind < 0.1) return out.subarray(0, at());
  if (kind < 0.2) {
    const [from, to, length] = [at(), at(), Math.floor(random() * 40)];
    out.set(file.subarray(from, from + Math.min(length, file.length - to)), to);
  } else if (kind < 0.3) {
    const [from, length] = [at(), Math.floor(random() * 40)];
    out = new Uint8Array([...file.subarray(0, from + length), ...file.subarray(from)]);
  } else {
    for (let left = 1 + Math.floor(random() * 4); left > 0; left--) {
      out[at()] = random() < 0.5 ? Math.floor(random() * 256) : [0, 1, 127, 128, 255][at() % 5]!;
    }
  }
  if (random() < 0.75) mend(out);
  return out;
}

/** Give every chunk that stands whole its right checksum. */
function mend(file: Uint8Array): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 8; at + 12 <= file.length;) {
    const end = at + 8 + view.getUint32(at + 4, true);
    if (end + 4 > file.length) return;
    view.setUint32(end, crc32(file.subarray(at, end)), true);
    at = end + 4;
  }
}
