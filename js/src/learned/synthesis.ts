/**
 * A window of latents to samples: the gains, the network, 8x8 blocks to rows, and the sample type.
 *
 * `docs/format.md`, section 8.
 */

import type { SampleRange } from "../bitstream/extras.ts";
import type { Box } from "../box.ts";
import type { CodecModel } from "./model.ts";
import { tensorOf } from "./network.ts";

const BLOCK = 8;
const LATENT = 16; // samples that a latent covers, each way
const MEAN_UNIT = 16;
const WHITE = 255; // the network's highest sample

/** What is to be made of a window. */
export interface Window {
  readonly quality: number;
  /** [M, height, width], in 1/16 steps; is changed. */
  readonly y: Float32Array;
  readonly height: number;
  readonly width: number;
  /** The samples that are wanted, from the window's upper left corner on. */
  readonly part: Box;
  /** 1 or 3. */
  readonly channels: number;
  /** Of 16 bits. */
  readonly range?: SampleRange | undefined;
  readonly signed: boolean;
}

export type LearnedSamples = Uint8Array | Uint16Array | Int16Array;

/** Samples [part.height, part.width, channels] of a window. */
export async function synthesise(model: CodecModel, window: Window): Promise<LearnedSamples> {
  const { y, height, width, quality, range } = window;
  const gain = model.row("inverse_gain", quality);
  const area = height * width;
  for (let channel = 0; channel < gain.length; channel++) {
    const factor = gain[channel]! / MEAN_UNIT;
    for (let at = channel * area; at < (channel + 1) * area; at++) y[at]! *= factor;
  }
  const scale = Float32Array.from(model.row("synthesis_scale", quality));
  const output = range ? "samples" : "blocks";
  const inputs = {
    y: tensorOf(y, [1, gain.length, height, width]),
    scale: tensorOf(scale, [1, scale.length, 1, 1]),
  };
  const made = await (await model.synthesis).run(inputs, [output]);
  const data = made[output]!.data;
  return range
    ? deepSamples(data as Float32Array, window, range)
    : levels(data as Uint8Array, window);
}

type Store = (at: number, red: number, green: number, blue: number) => void;

/** Give each wanted pixel of the network's output [192, h, w] to `store`. */
function eachPixel(data: Uint8Array | Float32Array, window: Window, store: Store): void {
  const { part, height, width } = window;
  const across = (width * LATENT) / BLOCK; // blocks in a row
  const area = across * ((height * LATENT) / BLOCK);
  const colour = BLOCK * BLOCK * area; // from one colour to the next
  let out = 0;
  for (let y = part.y; y < part.y + part.height; y++) {
    const row = (y % BLOCK) * BLOCK * area + Math.floor(y / BLOCK) * across;
    for (let x = part.x; x < part.x + part.width; x++) {
      const at = row + (x & (BLOCK - 1)) * area + (x >> 3);
      store(out++, data[at]!, data[at + colour]!, data[at + 2 * colour]!);
    }
  }
}

/** 8 bits, as the network gives them. */
function levels(data: Uint8Array, window: Window): Uint8Array {
  const { part, channels } = window;
  const out = new Uint8Array(part.height * part.width * channels);
  if (channels === 1) {
    eachPixel(data, window, (at, r, g, b) => {
      out[at] = Math.floor((r + g + b + 1) / 3);
    });
  } else {
    eachPixel(data, window, (at, r, g, b) => {
      out[3 * at] = r;
      out[3 * at + 1] = g;
      out[3 * at + 2] = b;
    });
  }
  return out;
}

/** 16 bits of the range that the file names. */
function deepSamples(data: Float32Array, window: Window, range: SampleRange): LearnedSamples {
  const { part, channels, signed } = window;
  const Kind = signed ? Int16Array : Uint16Array;
  const out = new Kind(part.height * part.width * channels);
  const span = range.high - range.low;
  const level = (v: number) => (v > 0 ? Math.min(v, WHITE) : 0); // no number gives 0
  const sample = (v: number) => range.low + roundHalfEven((v * span) / WHITE);
  eachPixel(data, window, (at, r, g, b) => {
    if (channels === 1) {
      out[at] = sample((level(r) + level(g) + level(b)) / 3);
    } else {
      out[3 * at] = sample(level(r));
      out[3 * at + 1] = sample(level(g));
      out[3 * at + 2] = sample(level(b));
    }
  });
  return out;
}

function roundHalfEven(v: number): number {
  const below = Math.floor(v);
  const rest = v - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}
