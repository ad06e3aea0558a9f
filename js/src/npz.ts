/**
 * NumPy's .npz: a ZIP archive of .npy members, stored or deflated. What a model's `entropy.npz` and
 * `gains.npz` need: little-endian numbers in C order.
 *
 * Float16 comes as its bits (Uint16Array), int64 as doubles, which hold it up to 2^53.
 */

import { viewOf } from "./bitstream/chunk.ts";
import { DamagedFileError, ModelError } from "./errors.ts";
import { inflate } from "./inflate.ts";
import { type Entry, findDirectory, readDirectory, readLocal } from "./zip.ts";

const MOST_BYTES = 2 ** 28; // of all arrays together
const NPY_MAGIC = "\x93NUMPY";
const KINDS = {
  "|u1": Uint8Array,
  "|i1": Int8Array,
  "<u2": Uint16Array,
  "<i2": Int16Array,
  "<u4": Uint32Array,
  "<i4": Int32Array,
  "<i8": Float64Array,
  "<f2": Uint16Array,
  "<f4": Float32Array,
  "<f8": Float64Array,
};

/** Numbers of any of the types that are read. */
export type Numbers = InstanceType<(typeof KINDS)[keyof typeof KINDS]>;

/** An array: `data` in C order; `shape` is empty for a single number. */
export interface NumpyArray {
  readonly dtype: keyof typeof KINDS;
  readonly shape: readonly number[];
  readonly data: Numbers;
  /** The same as it is stored. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Arrays by name. */
export type Arrays = ReadonlyMap<string, NumpyArray>;

/** The arrays of an archive. Throws ModelError if it can't be read. */
export async function readNpz(archive: Uint8Array): Promise<Arrays> {
  const arrays = new Map<string, NumpyArray>();
  let left = MOST_BYTES;
  for (const member of membersOf(archive)) {
    check(member.size <= left, `it holds more than ${MOST_BYTES} bytes`);
    left -= member.size;
    arrays.set(member.name.replace(/\.npy$/, ""), readNpy(await dataOf(archive, member)));
  }
  return arrays;
}

interface Member extends Entry {
  readonly start: number; // of its data
}

function membersOf(archive: Uint8Array): Member[] {
  try {
    const entries = readDirectory(archive, findDirectory(archive));
    return entries.map((entry) => ({ ...entry, start: readLocal(archive, entry.offset).start }));
  } catch (error) {
    check(!(error instanceof DamagedFileError), (error as Error).message);
    throw error;
  }
}

async function dataOf(archive: Uint8Array, member: Member): Promise<Uint8Array> {
  const { name, method, packed, size, start } = member;
  const body = archive.subarray(start, start + packed);
  check(body.length === packed, `${name} is cut off`);
  check(method === 0 || method === 8, `${name} is packed by method ${method}, not 0 or 8`);
  const data = method === 0 ? body : await inflate(body, "deflate-raw", size);
  check(data?.length === size, `${name} doesn't give the ${size} bytes it should`);
  return data!;
}

/** The array in the bytes of an .npy file. Throws ModelError if it can't be read. */
export function readNpy(bytes: Uint8Array): NumpyArray {
  const view = viewOf(bytes);
  const magic = String.fromCharCode(...bytes.subarray(0, NPY_MAGIC.length));
  check(bytes.length >= 12 && magic === NPY_MAGIC, "an array has no NumPy header");
  const wide = bytes[6]! >= 2; // versions from 2 on: the header's length takes 4 bytes
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  check(end <= bytes.length, "an array's header is cut off");
  const header = new TextDecoder().decode(bytes.subarray(start, end));
  const dtype = /'descr': *'([^']*)'/.exec(header)?.[1] ?? "";
  const shape = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1];
  check(/'fortran_order': *False/.test(header) && shape !== undefined, `the header ${header}`);
  check(dtype in KINDS, `an array of type ${dtype}`);
  const sides = shape!
    .split(",")
    .filter((side) => side.trim() !== "")
    .map(Number);
  const known = dtype as keyof typeof KINDS;
  const body = new Uint8Array(bytes.subarray(end));
  const data = numbersOf(body.buffer, known);
  const count = sides.reduce((product, side) => product * side, 1);
  check(data.length === count, `an array holds ${data.length} numbers, not ${count}`);
  return { dtype: known, shape: sides, data, bytes: body };
}

function numbersOf(buffer: ArrayBuffer, dtype: keyof typeof KINDS): Numbers {
  const size = Number(dtype[2]);
  check(buffer.byteLength % size === 0, `an array of ${buffer.byteLength} bytes of ${dtype}`);
  if (dtype === "<i8") return Float64Array.from(new BigInt64Array(buffer), Number);
  return new KINDS[dtype](buffer);
}

function check(right: boolean, what: string): void {
  if (!right) throw new ModelError(`a model's .npz file can't be read: ${what}; install it again`);
}
