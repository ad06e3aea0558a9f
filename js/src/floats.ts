/**
 * Floats as whole numbers of 16 bits, and back (docs/format.md, section 12).
 *
 *     affine         offset + step * n for each channel, and marks: floats kept bit for bit
 *     ordered bits   the float's own bits, turned so that they ascend with it
 *
 * Sums are in doubles, each rounded once, as on every machine. Float16 is held as its bits.
 */

import { viewOf } from "./bitstream/chunk.ts";
import type { PelFile } from "./bitstream/file.ts";
import { hasLayer, LOSSLESS_LAYER } from "./bitstream/header.ts";
import { DamagedFileError } from "./errors.ts";
import type { Samples } from "./exact/types.ts";
import { halfBits } from "./half.ts";

const AFFINE = 0;
const ORDERED = 1;
const START = 10; // bytes of kind, bound and the number of marks
const LAST_CODE = 65535;

/** How whole numbers stand for the floats of a file. */
export class FloatMap {
  readonly bits: number;
  readonly channels: number;
  /** The largest error that was allowed; 0 is without loss. */
  readonly bound: number;
  /** Whether whole numbers are the floats' own bits. */
  readonly ordered: boolean;
  private readonly marks: number[] = []; // bits of floats that have the highest numbers
  private readonly offsets: number[] = []; // one a channel
  private readonly steps: number[] = [];

  /** Read the payload of FMAP; DamagedFileError if it is none. */
  constructor(payload: Uint8Array, bits: number, channels: number) {
    this.bits = bits;
    this.channels = channels;
    this.ordered = payload[0] === ORDERED;
    if (this.ordered) {
      check(payload.length === 1, `${payload.length} bytes where 1 is enough`);
      this.bound = 0;
      return;
    }
    check(payload[0] === AFFINE && payload.length >= START, "of an unknown kind, or cut off");
    const view = viewOf(payload);
    const count = payload[9]!;
    const first = START + (count * bits) / 8;
    const size = first + 16 * channels;
    check(payload.length === size, `${payload.length} bytes in place of ${size}`);
    this.bound = view.getFloat64(1, true);
    check(Number.isFinite(this.bound) && this.bound >= 0, `of bound ${this.bound}`);
    for (let at = START; at < first; at += bits / 8) {
      this.marks.push(bits === 16 ? view.getUint16(at, true) : view.getUint32(at, true));
    }
    check(new Set(this.marks).size === count, "one with a mark twice");
    for (let at = first; at < size; at += 16) {
      this.addChannel(view.getFloat64(at, true), view.getFloat64(at + 8, true));
    }
  }

  private addChannel(offset: number, step: number): void {
    const known = [offset, step, offset + LAST_CODE * step].every(Number.isFinite) && step > 0;
    check(known, `one from ${offset} on in steps of ${step}`);
    this.offsets.push(offset);
    this.steps.push(step);
  }

  /** Planes of whole numbers that a tile has. */
  get planes(): number {
    return this.channels * (this.ordered && this.bits === 32 ? 2 : 1);
  }

  /** Whole numbers [.., planes] -> floats [.., channels]. */
  floats(codes: Samples): Samples {
    return this.ordered ? this.fromBits(codes) : this.fromSums(codes);
  }

  private fromSums(codes: Samples): Samples {
    const { channels, marks, offsets, steps } = this;
    const half = this.bits === 16;
    const bits = half ? new Uint16Array(codes.length) : new Uint32Array(codes.length);
    const floats = half ? bits : new Float32Array(bits.buffer);
    for (let at = 0, channel = 0; at < codes.length; at++) {
      const mark = marks[LAST_CODE - codes[at]!];
      const sum = offsets[channel]! + steps[channel]! * codes[at]!;
      if (mark !== undefined) bits[at] = mark;
      else floats[at] = half ? halfBits(sum) : sum;
      if (++channel === channels) channel = 0;
    }
    return floats as Samples;
  }

  private fromBits(codes: Samples): Samples {
    if (this.bits === 16) {
      return Uint16Array.from(codes, (key) => (key >= 0x8000 ? key - 0x8000 : 0xffff - key));
    }
    const bits = new Uint32Array(codes.length / 2);
    for (let at = 0; at < bits.length; at++) {
      const key = (codes[2 * at]! << 16) | codes[2 * at + 1]!;
      bits[at] = key < 0 ? key ^ 0x80000000 : ~key;
    }
    return new Float32Array(bits.buffer);
  }
}

/** The map of a file whose samples are floats. DamagedFileError if it is missing or impossible. */
export function floatMapOf(file: PelFile): FloatMap {
  const payload = file.payload("FMAP");
  if (payload === undefined) {
    throw new DamagedFileError("chunk FMAP, the map of the floats, is missing; get the file again");
  }
  const map = new FloatMap(payload, file.header.bitDepth, file.header.channels);
  check(!map.ordered || hasLayer(file.header, LOSSLESS_LAYER), "of ordered bits within a bound");
  return map;
}

function check(right: boolean, what: string): void {
  if (!right) {
    throw new DamagedFileError(
      `chunk FMAP, the map of the floats, is ${what}, which can't be; get the file again`,
    );
  }
}
