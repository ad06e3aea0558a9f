/** Pictures as canvases take them: 8 bits of RGBA, turned as EXIF says. */

import type { Picture } from "./decode.ts";
import { OptionError } from "./errors.ts";
import { type IntegerType, rangeOf } from "./exact/types.ts";
import { fromHalfBits } from "./half.ts";

/** How samples become levels. */
export interface ImageOptions {
  /** The samples that are black and white: by default the ends of whole numbers' type. */
  low?: number;
  high?: number;
}

/** RGBA of 8 bits, [height, width, 4]. */
export interface Rgba {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * A picture as ImageData. What is neither grey nor RGB is shown by its first channel. Throws
 * OptionError for floats without `low` and `high`.
 */
export function toImageData(picture: Picture, options: ImageOptions = {}): ImageData {
  const { data, width, height } = turned(rgbaOf(picture, options), picture.orientation);
  return new ImageData(data, width, height);
}

/** The same before it is turned. */
export function rgbaOf(picture: Picture, options: ImageOptions = {}): Rgba {
  const { width, height, channels, alpha, type } = picture;
  const [low, high] = endsOf(picture, options);
  const samples = type === "float16" ? fromHalfBits(picture.data as Uint16Array) : picture.data;
  const factor = 255 / (high - low);
  const out = new Uint8ClampedArray(width * height * 4);
  const rgb = channels - Number(alpha) === 3 && picture.colour === "rgb";
  const [green, blue] = rgb ? [1, 2] : [0, 0];
  const opacity = alpha ? 255 / rangeOf(type as IntegerType).high : 0;
  for (let at = 0, to = 0; to < out.length; at += channels, to += 4) {
    out[to] = (samples[at]! - low) * factor;
    out[to + 1] = (samples[at + green]! - low) * factor;
    out[to + 2] = (samples[at + blue]! - low) * factor;
    out[to + 3] = alpha ? samples[at + channels - 1]! * opacity : 255;
  }
  return { width, height, data: out };
}

function endsOf({ type }: Picture, { low, high }: ImageOptions): [number, number] {
  const whole = type === "float16" || type === "float32" ? undefined : rangeOf(type);
  const ends = [low ?? whole?.low, high ?? whole?.high];
  if (ends[0] === undefined || ends[1] === undefined || !(ends[0] < ends[1])) {
    throw new OptionError(
      `the range is ${ends[0]} .. ${ends[1]}; give low and high, which floats don't have by ` +
        "themselves, low below high",
    );
  }
  return [ends[0], ends[1]];
}

/** Turned and mirrored by an orientation of EXIF, 1 to 8. */
export function turned(image: Rgba, orientation: number): Rgba {
  if (orientation === 1) return image;
  const swapped = orientation > 4;
  const [width, height] = swapped ? [image.height, image.width] : [image.width, image.height];
  const from = new Uint32Array(image.data.buffer);
  const out = new Uint32Array(from.length);
  const mirrored = [2, 3, 7, 8].includes(orientation); // columns of the source count from its end
  const flipped = [3, 4, 6, 7].includes(orientation); // and rows
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = swapped ? y : x;
      const row = swapped ? x : y;
      const at =
        (flipped ? image.height - 1 - row : row) * image.width +
        (mirrored ? image.width - 1 - column : column);
      out[to++] = from[at]!;
    }
  }
  return { width, height, data: new Uint8ClampedArray(out.buffer) };
}
