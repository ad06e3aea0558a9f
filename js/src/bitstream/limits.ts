/**
 * The numbers that bound a .pel file: what the format can say, and what a reader will take.
 *
 * `docs/format.md`, sections 3 and 9.
 */

import { OptionError } from "../errors.ts";

export const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x45, 0x4c, 0x0d, 0x0a, 0x1a, 0x0a);
export const FORMAT_VERSION = 1;
export const DECODED_TILE_LOG2 = 10; // larger tiles are refused: memory is bounded by a tile
export const MODEL_ID_BYTES = 16;
export const MOST_BOUND = 16383; // of the error of whole samples
export const SAMPLES_A_PIXEL = 4; // that the limit of pixels makes room for

/** What a reader accepts; each can be raised. */
export interface Limits {
  /** Width times height; four times it bounds the samples of all channels. */
  maxPixels: number;
  /** Bytes of each metadata chunk. */
  maxMetadata: number;
  /** Tiles of the picture. */
  maxTiles: number;
  /** Frames of a sequence. */
  maxFrames: number;
  /** Chunks that are not tiles: a file could hold millions of empty ones. */
  maxOtherChunks: number;
}

export const DEFAULT_LIMITS: Readonly<Limits> = Object.freeze({
  maxPixels: 2 ** 28,
  maxMetadata: 64 * 2 ** 20,
  maxTiles: 2 ** 16,
  maxOtherChunks: 1024,
  maxFrames: 2 ** 20,
});

/** The default limits with some of them replaced. Throws OptionError unless each is a number. */
export function limitsOf(given: Partial<Limits> = {}): Limits {
  const limits = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value !== "number" || !(value >= 0)) {
      throw new OptionError(`${name} is ${String(value)}; it must be a number, 0 or more`);
    }
    limits[name] = value;
  }
  return limits;
}
