/** The types of samples, by NumPy's names. */

import type { SampleRange } from "../bitstream/extras.ts";
import { FLOAT, type Header, SIGNED } from "../bitstream/header.ts";

const ARRAYS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  float16: Uint16Array,
  float32: Float32Array,
};

/** Of the samples of a picture. */
export type SampleType = keyof typeof ARRAYS;
/** Of whole numbers that an exact layer codes. */
export type IntegerType = "uint8" | "uint16" | "int16";
/** Samples of any type; those of float16 are their bits. */
export type Samples = Uint8Array | Uint16Array | Int16Array | Float32Array;

/** So many zeros of a type. */
export function samplesOf(type: SampleType, count: number): Samples {
  return new ARRAYS[type](count);
}

/** Samples in little-endian bytes, of which there must be whole ones. */
export function samplesFrom(type: SampleType, bytes: Uint8Array): Samples {
  return new ARRAYS[type](new Uint8Array(bytes).buffer);
}

/** Bytes of a sample. */
export function bytesOf(type: SampleType): number {
  return ARRAYS[type].BYTES_PER_ELEMENT;
}

/** The type of a header's samples, of a kind that can be decoded. */
export function typeOf(header: Header): SampleType {
  if (header.sampleType === FLOAT) return header.bitDepth === 16 ? "float16" : "float32";
  return integerType(header.bitDepth, header.sampleType === SIGNED);
}

/** The type of whole numbers of 8 or 16 bits. */
export function integerType(bits: number, signed: boolean): IntegerType {
  if (bits === 8) return "uint8";
  return signed ? "int16" : "uint16";
}

/** Lowest and highest number of a type. */
export function rangeOf(type: IntegerType): SampleRange {
  const low = type === "int16" ? -32768 : 0;
  return { low, high: type === "uint8" ? 255 : low + 65535 };
}
