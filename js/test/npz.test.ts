/** NumPy's files: those of the models, and what can be wrong with them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";

import { type NumpyArray, readNpy, readNpz } from "../src/npz.ts";
import { wholeOf } from "./random.ts";

const MODELS = new URL("../../src/pellucid/models/", import.meta.url);
const REFUSED = { name: "ModelError" };

function read(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, MODELS)));
}

/** An .npy file of version 1. */
function npy(dtype: string, shape: string, data: Uint8Array): Uint8Array {
  const header = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${shape}, }\n`;
  const start = [0x93, ...Buffer.from("NUMPY"), 1, 0, header.length & 0xff, header.length >> 8];
  return Uint8Array.from([...start, ...Buffer.from(header), ...data]);
}

/** A ZIP archive of one member. */
function zip(name: string, data: Uint8Array, method: number): Uint8Array {
  const body = method === 8 ? deflateRawSync(data) : data;
  const entry = Buffer.alloc(46 + name.length);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(method, 10);
  entry.writeUInt32LE(body.length, 20);
  entry.writeUInt32LE(data.length, 24);
  entry.writeUInt16LE(name.length, 28);
  entry.write(name, 46);
  const local = Buffer.alloc(30 + name.length);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length + body.length, 16);
  return new Uint8Array(Buffer.concat([local, body, entry, end]));
}

test("a model's files", async () => {
  const entropy = await readNpz(read("m/entropy.npz"));
  const weight = entropy.get("hyper.mix.weight")!;
  assert.deepEqual([weight.dtype, weight.shape], ["|i1", [64, 64, 3, 3]]);
  assert.equal(weight.data.length, 64 * 64 * 9);
  const tables = entropy.get("tables")!;
  assert.ok(tables.data instanceof Uint32Array && tables.shape[1] === 512);
  assert.equal(
    tables.data.subarray(0, 512).reduce((sum, count) => sum + count, 0),
    2 ** 16,
  );
  assert.deepEqual(entropy.get("skip")!.shape, []);
  const gains = await readNpz(read("m/gains.npz"));
  assert.ok(gains.get("inverse_gain")!.data instanceof Float32Array);
});

test("all types", async () => {
  const types: [string, Uint8Array, number[]][] = [
    ["|u1", Uint8Array.of(200), [200]],
    ["|i1", Uint8Array.of(200), [-56]],
    ["<u2", Uint8Array.of(1, 128), [0x8001]],
    ["<i2", Uint8Array.of(1, 128), [-0x7fff]],
    ["<u4", Uint8Array.of(255, 255, 255, 255), [2 ** 32 - 1]],
    ["<i4", Uint8Array.of(255, 255, 255, 255), [-1]],
    ["<i8", Uint8Array.of(254, 255, 255, 255, 255, 255, 255, 255), [-2]],
    ["<f2", Uint8Array.of(0, 0x3c), [0x3c00]],
    ["<f4", new Uint8Array(Float32Array.of(1.5).buffer), [1.5]],
    ["<f8", new Uint8Array(Float64Array.of(0.1).buffer), [0.1]],
  ];
  for (const [dtype, bytes, values] of types) {
    for (const method of [0, 8]) {
      const arrays = await readNpz(zip("one.npy", npy(dtype, "(1,)", bytes), method));
      const found = arrays.get("one") as NumpyArray;
      assert.deepEqual([found.dtype, found.shape, [...found.data]], [dtype, [1], values]);
    }
  }
});

test("what can't be read", async () => {
  const bytes = npy("<u2", "(2,)", Uint8Array.of(1, 2, 3, 4));
  for (const wrong of [
    new Uint8Array(0),
    bytes.subarray(0, 20),
    bytes.subarray(0, bytes.length - 1),
    npy("<u2", "(3,)", Uint8Array.of(1, 2, 3, 4)),
    npy(">u2", "(2,)", Uint8Array.of(1, 2, 3, 4)),
    npy("|O", "(1,)", Uint8Array.of(1)),
  ]) {
    assert.throws(() => readNpy(wrong), REFUSED);
  }
  await assert.rejects(readNpz(new Uint8Array(100)), REFUSED);
  await assert.rejects(readNpz(zip("one.npy", bytes, 12)), REFUSED);
  const bomb = zip("one.npy", new Uint8Array(2 ** 22), 8);
  new DataView(bomb.buffer).setUint32(bomb.length - 22 - 53 + 24, 100, true); // says 100 bytes
  await assert.rejects(readNpz(bomb), REFUSED);
});

test("damaged archives", async () => {
  const next = wholeOf(3);
  const archive = read("exact/entropy.npz");
  for (let trial = 0; trial < 60; trial++) {
    const wrong = archive.slice(0, next(4) ? archive.length : next(archive.length));
    for (let left = 3; left > 0; left--) wrong[wrong.length - 1 - next(400)]! ^= 1 << next(8);
    await readNpz(wrong).catch((error) => assert.equal(error.name, REFUSED.name, error.stack));
  }
});
