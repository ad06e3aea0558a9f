/**
 * A picture as PNG, for `<img>`: stored rather than deflated, which is fast, as it only goes to the
 * browser's own decoder. The ICC profile goes along, so colours are the browser's affair; what is
 * grey stays grey, as a profile of greys fits no other PNG.
 */

import { crc32 } from "./bitstream/chunk.ts";
import type { Picture } from "./decode.ts";
import { type ImageOptions, rgbaOf, turned } from "./image.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const STORED = 65535; // bytes of a stored block, at most
const MODULUS = 65521; // of Adler-32
const ROUND = 5552; // bytes after which its sums must be reduced

/** Colour type by channels. */
const TYPES: Record<number, number> = { 1: 0, 2: 4, 3: 2, 4: 6 };

/** A PNG of 8 bits, turned as EXIF says. */
export async function toPng(picture: Picture, options: ImageOptions = {}): Promise<Blob> {
  const { width, height, data } = turned(rgbaOf(picture, options), picture.orientation);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  const channels = channelsOf(picture);
  header.set([8, TYPES[channels.length]!], 8); // bits and kind, the rest is 0: no interlacing
  const rows = new Uint8Array(height * (1 + channels.length * width));
  for (let y = 0, from = 0, to = 0; y < height; y++) {
    to++; // the row's filter: none
    for (let x = 0; x < width; x++, from += 4) {
      for (const channel of channels) rows[to++] = data[from + channel]!;
    }
  }
  const profile = picture.icc ? [chunk("iCCP", await profileOf(picture.icc))] : [];
  const chunks = [chunk("IHDR", header), ...profile, chunk("IDAT", stored(rows)), chunk("IEND")];
  return new Blob([SIGNATURE, ...chunks], { type: "image/png" });
}

/** The channels of RGBA that are needed. */
function channelsOf({ colour, alpha, icc }: Picture): number[] {
  const space = new TextDecoder().decode(icc?.subarray(16, 20)); // of the profile
  const colours = colour === "rgb" || space === "RGB " ? [0, 1, 2] : [0];
  return alpha ? [...colours, 3] : colours;
}

function chunk(type: string, payload = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(payload.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, payload.length);
  for (let at = 0; at < 4; at++) out[4 + at] = type.charCodeAt(at);
  out.set(payload, 8);
  view.setUint32(payload.length + 8, crc32(out.subarray(4, payload.length + 8)));
  return out;
}

/** A profile's name, its compression, and its zlib stream. */
async function profileOf(icc: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([icc.slice()]).stream().pipeThrough(new CompressionStream("deflate"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  const out = new Uint8Array(packed.length + 5);
  out.set([0x69, 0x63, 0x63, 0, 0]); // "icc"
  out.set(packed, 5);
  return out;
}

/** A zlib stream of stored blocks. */
function stored(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks = Math.ceil(bytes.length / STORED);
  const out = new Uint8Array(2 + 5 * blocks + bytes.length + 4);
  const view = new DataView(out.buffer);
  out.set([0x78, 0x01]);
  let to = 2;
  for (let from = 0; from < bytes.length; from += STORED) {
    const block = bytes.subarray(from, from + STORED);
    out[to] = Number(from + STORED >= bytes.length);
    view.setUint16(to + 1, block.length, true);
    view.setUint16(to + 3, ~block.length & 0xffff, true);
    out.set(block, to + 5);
    to += 5 + block.length;
  }
  view.setUint32(to, adler32(bytes));
  return out;
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(at + ROUND, bytes.length);
    while (at < end) b += a += bytes[at++]!;
    a %= MODULUS;
    b %= MODULUS;
  }
  return ((b << 16) | a) >>> 0;
}
