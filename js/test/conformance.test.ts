/**
 * Every good case has Python's latents and samples, every bad one is refused by the right class.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { readNpy } from "../src/npz.ts";
import type { Picture } from "../src/decode.ts";
import { badCases, goodCases, hasCase, readCase } from "./cases.ts";
import { makeDecoder } from "./decoder.ts";
import { readPng } from "./png.ts";

const decoder = makeDecoder();

for (const { name, error } of badCases()) {
  test(`bad ${name}`, async () => {
    await assert.rejects(decoder.decode(readCase(`bad/${name}.pel`)), { name: error });
  });
}

/** Samples of the picture that a case expects, and of which type they are. */
function expected(name: string): ArrayLike<number> {
  const folder = `good/${name}`;
  if (hasCase(`${folder}/expected.npy`)) return readNpy(readCase(`${folder}/expected.npy`)).data;
  if (hasCase(`${folder}/expected.png`)) return readPng(readCase(`${folder}/expected.png`));
  return readNpy(readCase(`${folder}/input.npy`)).data;
}

function differences(picture: Picture, wanted: ArrayLike<number>): { peak: number; rms: number } {
  assert.equal(picture.data.length, wanted.length);
  let peak = 0;
  let sum = 0;
  for (let at = 0; at < wanted.length; at++) {
    if (Object.is(picture.data[at], wanted[at])) continue; // no number equals itself here
    const off = Math.abs(picture.data[at]! - wanted[at]!);
    peak = off > peak || Number.isNaN(off) ? off : peak;
    sum += off * off;
  }
  return { peak, rms: Math.sqrt(sum / wanted.length) };
}

for (const { name, shape, latents_sha256, bounds, dtype } of goodCases()) {
  test(`good ${name}`, async () => {
    const data = readCase(`good/${name}/file.pel`);
    assert.equal(await decoder.fingerprint(data), latents_sha256);
    const picture = await decoder.decode(data);
    assert.deepEqual([picture.height, picture.width, picture.channels], shape);
    assert.equal(picture.type, dtype ?? "uint8");
    const { peak, rms } = differences(picture, expected(name));
    assert.ok(peak <= (bounds?.peak ?? 0), `peak ${peak}`);
    assert.ok(rms <= (bounds?.rms ?? 0), `rms ${rms}`);
  });
}
