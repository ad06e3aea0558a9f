/** Regions, scales, parts, limits, signals, and pictures as canvases take them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import type { Picture } from "../src/decode.ts";
import { orientationOf } from "../src/exif.ts";
import { rgbaOf, turned } from "../src/image.ts";
import { infoOf } from "../src/info.ts";
import { toPng } from "../src/png.ts";
import { readCase } from "./cases.ts";
import { makeDecoder } from "./decoder.ts";
import { readPng } from "./png.ts";

const decoder = makeDecoder();
const file = (name: string) => readCase(`good/${name}/file.pel`);

/** Samples of a part of a picture. */
function cut(whole: Picture, x: number, y: number, width: number, height: number): number[] {
  const found: number[] = [];
  for (let row = y; row < y + height; row++) {
    const start = (row * whole.width + x) * whole.channels;
    found.push(...whole.data.subarray(start, start + width * whole.channels));
  }
  return found;
}

function most(one: ArrayLike<number>, other: ArrayLike<number>): number {
  assert.equal(one.length, other.length);
  return Array.from(one).reduce(
    (peak, value, at) => Math.max(peak, Math.abs(value - other[at]!)),
    0,
  );
}

for (const [name, off] of [
  ["tiles", 1],
  ["exact_tiles", 0],
  ["deep_alpha_tiles", 1],
] as const) {
  test(`a region of ${name} is what the whole has there`, async () => {
    const whole = await decoder.decode(file(name));
    const [x, y] = [Math.floor(whole.width / 3), Math.floor(whole.height / 4)];
    const [width, height] = [Math.floor(whole.width / 2), Math.floor(whole.height / 2)];
    const part = await decoder.decode(file(name), { region: { x, y, width, height } });
    assert.deepEqual([part.width, part.height], [width, height]);
    assert.ok(most(part.data, cut(whole, x, y, width, height)) <= off);
  });
}

test("a reduced picture has the means of squares", async () => {
  const whole = await decoder.decode(file("exact_rgb"));
  const small = await decoder.decode(file("exact_rgb"), { scale: 4 });
  assert.deepEqual(
    [small.width, small.height],
    [Math.ceil(whole.width / 4), Math.ceil(whole.height / 4)],
  );
  const square = cut(whole, 4, 8, 4, 4).filter((_, at) => at % 3 === 1);
  const mean = square.reduce((sum, value) => sum + value, 0) / 16;
  assert.equal(small.data[(2 * small.width + 1) * 3 + 1], Math.floor(mean + 0.5));
});

test("a reduced region lies on the picture's grid", async () => {
  const region = { x: 5, y: 3, width: 9, height: 11 };
  const small = await decoder.decode(file("exact_rgb"), { scale: 2 });
  const part = await decoder.decode(file("exact_rgb"), { region, scale: 2 });
  assert.deepEqual([part.width, part.height], [5, 6]);
  assert.deepEqual([...part.data], cut(small, 2, 1, 5, 6));
});

test("colours that alpha hides don't count in a reduced picture", async () => {
  const small = await decoder.decode(file("exact_rgba"), { scale: 8 });
  assert.equal(small.channels, 4);
  const hidden = await decoder.decode(file("deep_alpha_hidden"), { scale: 2 });
  assert.ok(hidden.data.every((value, at) => at % hidden.channels < 3 || value === 0));
});

test("a pair's guide and a source are decoded when they are asked for", async () => {
  const guide = await decoder.decode(file("exact_pair"), { which: "guide" });
  const picture = await decoder.decode(file("exact_pair"));
  assert.notDeepEqual([guide.channels, guide.type], [picture.channels, picture.type]);
  assert.equal((await decoder.decode(file("kept_rgb"), { which: "source" })).channels, 3);
  const wrong = decoder.decode(file("rgb"), { which: "source" });
  await assert.rejects(wrong, { name: "OptionError" });
});

test("options that can't be are refused", async () => {
  const rgb = file("rgb");
  const wrong = [
    { scale: 3 },
    { region: { x: 0, y: 0, width: 0, height: 4 } },
    { region: { x: -1, y: 0, width: 4, height: 4 } },
    { region: { x: 0, y: 0, width: 1e6, height: 4 } },
    { region: { x: 0.5, y: 0, width: 4, height: 4 } },
    { region: null as never },
    { which: "alpha" as never },
    { which: "nope" as never },
    { maxPixels: -1 },
  ];
  for (const options of wrong) {
    await assert.rejects(decoder.decode(rgb, options), { name: "OptionError" });
  }
  await assert.rejects(decoder.decode(rgb, { maxPixels: 10 }), { name: "LimitError" });
});

test("a signal ends the work", async () => {
  await assert.rejects(decoder.decode(file("rgb"), { signal: AbortSignal.abort() }), {
    name: "AbortError",
  });
  const control = new AbortController();
  const work = decoder.decode(file("tiles"), { signal: control.signal });
  setTimeout(() => control.abort(), 1);
  await assert.rejects(work, { name: "AbortError" });
  assert.equal((await decoder.decode(file("rgb"))).channels, 3); // the decoder goes on
});

test("Node's Buffers are taken", async () => {
  const path = new URL("../../conformance/v1/good/pixel/file.pel", import.meta.url);
  assert.equal((await decoder.decode(readFileSync(path))).width, 1);
});

test("info says what is in a file", () => {
  const { exif, ...found } = infoOf(file("metadata"));
  assert.ok(exif instanceof Uint8Array);
  assert.deepEqual([found.width, found.height, found.channels, found.type], [48, 32, 3, "uint8"]);
  assert.deepEqual([found.quality, found.orientation, found.source], [60, 6, false]);
  assert.equal(infoOf(file("exact_rgb")).quality, undefined);
});

test("the orientation is read from EXIF of both byte orders, and from no other bytes", () => {
  const little = [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0];
  const big = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 8, 0, 0];
  assert.equal(orientationOf(Uint8Array.from(little)), 6);
  assert.equal(orientationOf(Uint8Array.from(big)), 8);
  for (let cut = 0; cut < little.length; cut++) {
    assert.equal(orientationOf(Uint8Array.from(little.slice(0, cut))), 1);
  }
  assert.equal(orientationOf(undefined), 1);
});

test("pictures are turned as EXIF says", () => {
  // 1 2 3
  // 4 5 6   by its columns of red
  const pixels = [1, 2, 3, 4, 5, 6].flatMap((red) => [red, 0, 0, 255]);
  const image = { width: 3, height: 2, data: Uint8ClampedArray.from(pixels) };
  const expected: Record<number, number[]> = {
    1: [1, 2, 3, 4, 5, 6],
    2: [3, 2, 1, 6, 5, 4],
    3: [6, 5, 4, 3, 2, 1],
    4: [4, 5, 6, 1, 2, 3],
    5: [1, 4, 2, 5, 3, 6],
    6: [4, 1, 5, 2, 6, 3],
    7: [6, 3, 5, 2, 4, 1],
    8: [3, 6, 2, 5, 1, 4],
  };
  for (const [orientation, reds] of Object.entries(expected)) {
    const { width, height, data } = turned(image, Number(orientation));
    assert.deepEqual([width, height], Number(orientation) > 4 ? [2, 3] : [3, 2]);
    assert.deepEqual(
      [...data].filter((_, at) => at % 4 === 0),
      reds,
      `orientation ${orientation}`,
    );
  }
});

test("samples of every type become levels", async () => {
  const grey = await decoder.decode(file("exact_grey_16"));
  const { data } = rgbaOf(grey);
  assert.equal(data[0], Math.round((grey.data[0]! / 65535) * 255));
  assert.equal(data[3], 255);
  const floats = await decoder.decode(file("exact_float_map"));
  assert.throws(() => rgbaOf(floats), { name: "OptionError" });
  assert.equal(rgbaOf(floats, { low: -1e9, high: 1e9 }).data[0], 128);
  const halves = await decoder.decode(file("exact_float16_bits"));
  assert.equal(
    rgbaOf(halves, { low: -1e9, high: 1e9 }).data.length,
    4 * halves.width * halves.height,
  );
});

test("a PNG holds the pixels, turned, and the profile", async () => {
  const picture = await decoder.decode(file("metadata"));
  const icc = Uint8Array.from({ length: 999 }, (_, at) => at % 7);
  const png = new Uint8Array(await (await toPng({ ...picture, icc })).arrayBuffer());
  const rgba = turned(rgbaOf(picture), 6).data;
  assert.deepEqual([...readPng(png)], [...rgba.filter((_, at) => at % 4 < 3)]);
  assert.ok(new TextDecoder("latin1").decode(png).includes("iCCP"));
});

test("a PNG of greys is grey, unless the profile is of colours", async () => {
  const picture = await decoder.decode(file("exact_grey_16"));
  const rgba = rgbaOf(picture).data;
  const kinds = [
    ["GRAY", false, 0, (at: number) => at % 4 === 0],
    ["GRAY", true, 4, (at: number) => at % 4 === 0 || at % 4 === 3],
    ["RGB ", false, 2, (at: number) => at % 4 < 3],
  ] as const;
  for (const [space, alpha, type, kept] of kinds) {
    const icc = new TextEncoder().encode(`${"-".repeat(16)}${space}`);
    const one = { ...picture, icc, channels: 1, alpha: false };
    const blob = alpha
      ? await toPng({ ...one, channels: 2, alpha, data: doubled(one.data) })
      : await toPng(one);
    const png = new Uint8Array(await blob.arrayBuffer());
    assert.equal(png[25], type);
    assert.deepEqual([...readPng(png)], [...rgba.filter((_, at) => kept(at))]);
  }
});

/** Each sample, and an opaque alpha beside it. */
function doubled(samples: ArrayLike<number>): Uint16Array {
  return Uint16Array.from({ length: 2 * samples.length }, (_, at) =>
    at % 2 ? 65535 : samples[at >> 1]!,
  );
}

test("a region takes only the tiles under and around it", async () => {
  const data = file("tiles").slice(); // four tiles
  data[data.length - 20]! ^= 1; // in the last
  const region = { x: 0, y: 0, width: 300, height: 300 };
  assert.equal((await decoder.decode(data, { region })).width, 300);
  await assert.rejects(decoder.decode(data), { name: "DamagedFileError" });
});
