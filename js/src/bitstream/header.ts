/**
 * The header: geometry, sample type, quality, tile grid and model of a picture, in 35 bytes.
 *
 * `docs/format.md`, sections 3 and 4. A value the format doesn't have is damage; a feature it
 * doesn't know is *not supported yet*; a greater version is a newer file.
 */

import type { Box } from "../box.ts";
import { DamagedFileError, LimitError, UnsupportedError, VersionError } from "../errors.ts";
import { viewOf } from "./chunk.ts";
import {
  DECODED_TILE_LOG2,
  FORMAT_VERSION,
  type Limits,
  MODEL_ID_BYTES,
  SAMPLES_A_PIXEL,
} from "./limits.ts";

export const HEADER_BYTES = 35;
export const UNSIGNED = 0; // sample types
export const SIGNED = 1;
export const FLOAT = 2;
export const BASE_LAYER = 0; // numbers of layers
export const LOSSLESS_LAYER = 1;
export const BOUNDED_LAYER = 2;
export const SOURCE_LAYER = 3;
export const ALPHA_LAYER = 4;

/** What section 3 stores, less the version. `modelId` is in hexadecimal. */
export interface Header {
  readonly width: number;
  readonly height: number;
  /** Colour channels, alpha not counted. */
  readonly channels: number;
  readonly bitDepth: number;
  /** 0 unsigned, 1 signed, 2 float. */
  readonly sampleType: number;
  /** 0 grey, 1 RGB, 2 no colour meaning. */
  readonly colour: number;
  /** 0 none, 1 straight. */
  readonly alpha: number;
  /** One bit a layer. */
  readonly layers: number;
  /** 2: a pair of pictures. */
  readonly features: number;
  readonly quality: number;
  readonly tileLog2: number;
  readonly modelId: string;
}

/** Bytes in hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The header in a HEAD payload whose CRC has been checked. Throws as the errors' names say. */
export function readHeader(payload: Uint8Array): Header {
  const version = payload[0];
  if (version === undefined || version === 0) {
    const what = version === undefined ? "is empty" : "has version 0";
    throw new DamagedFileError(`chunk HEAD ${what}: no such file exists; get the file again`);
  }
  if (version > FORMAT_VERSION) {
    throw new VersionError(
      `the file has format version ${version}, this decoder reads up to ${FORMAT_VERSION}; ` +
        "update the package pellucid",
    );
  }
  if (payload.length !== HEADER_BYTES) {
    throw new DamagedFileError(
      `chunk HEAD holds ${payload.length} bytes, version ${FORMAT_VERSION} has ${HEADER_BYTES}; ` +
        "get the file again",
    );
  }
  const view = viewOf(payload);
  const header: Header = {
    width: view.getUint32(1, true),
    height: view.getUint32(5, true),
    channels: view.getUint16(9, true),
    bitDepth: payload[11]!,
    sampleType: payload[12]!,
    colour: payload[13]!,
    alpha: payload[14]!,
    layers: payload[15]!,
    features: payload[16]!,
    quality: payload[17]!,
    tileLog2: payload[18]!,
    modelId: hexOf(payload.subarray(19, 19 + MODEL_ID_BYTES)),
  };
  checkBits("features", header.features, 0b10);
  checkBits("layers", header.layers, 0b11111);
  checkRanges(header);
  return header;
}

function checkBits(name: string, value: number, known: number): void {
  if (value & ~known) {
    throw new UnsupportedError(
      `the file has ${name} 0x${value.toString(16)}, some of which this decoder doesn't know; ` +
        "update the package pellucid",
    );
  }
}

const RANGES: [keyof Header, number, number][] = [
  ["width", 1, 2 ** 24],
  ["height", 1, 2 ** 24],
  ["channels", 1, 2 ** 16 - 1],
  ["sampleType", 0, 2],
  ["colour", 0, 2],
  ["alpha", 0, 1],
  ["layers", 1, 0b11111],
  ["quality", 0, 100],
  ["tileLog2", 6, 12],
];

function checkRanges(header: Header): void {
  for (const [name, low, high] of RANGES) {
    const value = header[name] as number;
    if (value < low || value > high) {
      throw new DamagedFileError(
        `chunk HEAD is impossible: ${name} is ${value}, outside ${low} .. ${high}; get it again`,
      );
    }
  }
  if (![8, 16, 32].includes(header.bitDepth)) {
    throw new DamagedFileError(
      `chunk HEAD is impossible: bitDepth is ${header.bitDepth}, not 8, 16 or 32; get it again`,
    );
  }
}

/** Throws LimitError if the picture is bigger than `limits` allow. */
export function checkLimits(header: Header, limits: Limits): void {
  const pixels = header.width * header.height;
  const samples = pixels * (header.channels + header.alpha);
  const size = `the picture has ${header.width} x ${header.height} pixels`;
  if (pixels > limits.maxPixels) {
    throw new LimitError(
      `${size}, ${pixels} in all, over the limit of ${limits.maxPixels}; if you trust it, raise ` +
        "maxPixels",
    );
  }
  if (samples > SAMPLES_A_PIXEL * limits.maxPixels) {
    throw new LimitError(
      `${size} of ${header.channels + header.alpha} samples, over ${SAMPLES_A_PIXEL} times the ` +
        `limit of ${limits.maxPixels}; if you trust it, raise maxPixels`,
    );
  }
  const tiles = tileCount(header);
  if (tiles > limits.maxTiles) {
    throw new LimitError(
      `${size} in ${tiles} tiles, over the limit of ${limits.maxTiles}; if you trust it, raise ` +
        "maxTiles",
    );
  }
}

/** Throws UnsupportedError for a valid file of a kind that this version doesn't decode. */
export function requireSupported(header: Header): void {
  const { layers, bitDepth, sampleType, alpha, features, channels, colour, tileLog2 } = header;
  const learned = layers & 1;
  let known: boolean;
  if (learned) {
    known = [1, 9, 17, 25].includes(layers) && alpha === layers >> ALPHA_LAYER && features === 0;
    known &&= (channels === 1 && colour === 0) || (channels === 3 && colour === 1);
    known &&= (bitDepth === 8 && sampleType === UNSIGNED) || (bitDepth === 16 && sampleType < 2);
  } else {
    known = layers === 2 || layers === 4;
    if (sampleType === FLOAT) known &&= bitDepth > 8 && alpha === 0 && features === 0;
    else known &&= bitDepth === 16 || (bitDepth === 8 && sampleType === UNSIGNED);
  }
  if (!known || tileLog2 > DECODED_TILE_LOG2) {
    throw new UnsupportedError(
      "the file is sound, but a combination in its header is not supported yet: " +
        `layers ${layers}, ${channels} channels of ${bitDepth} bits, sample type ${sampleType}, ` +
        `colour ${colour}, alpha ${alpha}, features ${features}, tiles of 2^${tileLog2}; update ` +
        "the package pellucid",
    );
  }
}

/** Whether the picture is in the learned layer. */
export function isLearned(header: Header): boolean {
  return (header.layers & 1) === 1;
}

/** Whether the file holds a layer of this number. */
export function hasLayer(header: Header, layer: number): boolean {
  return ((header.layers >> layer) & 1) === 1;
}

/** The layers of the file in its order: by number, but the source comes last. */
export function layersOf(header: Header): number[] {
  return [0, 1, 2, 4, 3].filter((layer) => hasLayer(header, layer));
}

/** Tiles in a row, rows of tiles, and samples a side of a whole tile. */
export function tileGrid(header: Header): { columns: number; rows: number; side: number } {
  const side = 2 ** header.tileLog2;
  return {
    columns: Math.ceil(header.width / side),
    rows: Math.ceil(header.height / side),
    side,
  };
}

/** Tiles of one layer. */
export function tileCount(header: Header): number {
  const { columns, rows } = tileGrid(header);
  return columns * rows;
}

/** Where a tile lies, in samples. */
export function tileBox(header: Header, number: number): Box {
  const { columns, side } = tileGrid(header);
  const x = (number % columns) * side;
  const y = Math.floor(number / columns) * side;
  return {
    x,
    y,
    width: Math.min(side, header.width - x),
    height: Math.min(side, header.height - y),
  };
}

/** Numbers of the tiles under a box of samples. */
export function tilesUnder(header: Header, box: Box): number[] {
  const side = 2 ** header.tileLog2;
  const columns = Math.ceil(header.width / side);
  const found: number[] = [];
  for (let row = Math.floor(box.y / side); row * side < box.y + box.height; row++) {
    for (let column = Math.floor(box.x / side); column * side < box.x + box.width; column++) {
      found.push(row * columns + column);
    }
  }
  return found;
}

/** All of a picture. */
export function wholeOf(header: Header): Box {
  return { x: 0, y: 0, width: header.width, height: header.height };
}
