/** Float16 as its bits, from doubles and to float32. */

const LEAST_EXPONENT = -14; // of a number that is no subnormal
const MOST = 65520; // what is as much or more is infinite
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** The bits of the float16 nearest to a number, of two the even one. */
export function halfBits(number: number): number {
  double[0] = number;
  const sign = (words[1]! >>> 16) & 0x8000;
  const size = Math.abs(number);
  if (Number.isNaN(size)) return sign | 0x7e00;
  if (size >= MOST) return sign | 0x7c00;
  const exponent = Math.max(((words[1]! >>> 20) & 0x7ff) - 1023, LEAST_EXPONENT);
  const unit = 2 ** (exponent - 10);
  const steps = size / unit + 2 ** 52 - 2 ** 52; // rounded half to even
  // With the leading 1 of a number that is no subnormal counted into the exponent.
  return sign | (((exponent - LEAST_EXPONENT) << 10) + steps);
}

/** Bits of float16 -> the same numbers in float32; what a NaN holds is kept. */
export function fromHalfBits(bits: Uint16Array): Float32Array {
  const out = new Float32Array(bits.length);
  const whole = new Uint32Array(out.buffer);
  for (let at = 0; at < bits.length; at++) {
    const sign = (bits[at]! & 0x8000) << 16;
    const size = bits[at]! & 0x7fff;
    if (size >= 0x7c00) whole[at] = sign | 0x7f800000 | ((size & 0x3ff) << 13);
    else if (size >= 0x400) whole[at] = sign | ((size << 13) + 0x38000000);
    else out[at] = (sign ? -size : size) * 2 ** -24;
  }
  return out;
}
