/**
 * One tile's payload to its integer latents: the part that must be the same on every machine.
 *
 * `docs/format.md`, sections 5 and 7. y is decoded in three passes over a checkerboard:
 *
 *     A C A C      A  from the hyper-synthesis alone
 *     C B C B      B  with a linear prediction from A
 *     A C A C      C  with a network that sees A and B
 *
 * The integer networks run in float32, where sums below 2^24 are exact in any order.
 */

import { SymbolDecoder } from "../entropy/symbols.ts";
import type { CodecModel } from "./model.ts";
import { tensorOf } from "./network.ts";

const MEAN_UNIT = 16; // means and latents are in 1/16 of a quantiser step

/** The integers of a tile: z [Z, h/4, w/4] and y [M, h, w], in 1/16 steps. */
export interface TileLatents {
  readonly z: Int32Array;
  readonly y: Float32Array;
}

type Pass = "A" | "B" | "C";

/** What is known of the symbols of all passes, as planes [M, h, w]. */
interface Planes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly y: Float32Array;
}

/** Latents of a tile whose y is [M, height, width]. Throws DamagedFileError if it is no payload. */
export async function decodeLatents(
  model: CodecModel,
  payload: Uint8Array,
  quality: number,
  height: number,
  width: number,
): Promise<TileLatents> {
  const decoder = new SymbolDecoder(payload, model.tables);
  const z = takeZ(model, decoder, quality, (height / 4) * (width / 4));
  const shape = [1, model.hyperLatents, height / 4, width / 4];
  const hyper = await (
    await model.hyperSynthesis
  ).run({
    z: tensorOf(Float32Array.from(z), shape),
  });
  const mean = hyper.mean!.data as Float32Array;
  const head = hyper.index!.data as Float32Array;
  const planes = { channels: model.latents, height, width, y: new Float32Array(mean.length) };
  const offset = model.row("y_offset", quality) as Int16Array;

  const symbols = decodePass("A", planes, model, decoder, head, mean, offset);
  const centre = offset.map((value, channel) => value + model.centreOffset[channel]!);
  const predicted = predictB(model, symbols, mean, height, width);
  decodePass("B", planes, model, decoder, head, predicted, centre);

  const seen = tensorOf(seenOf(planes, mean), hyper.mean!.dims);
  const context = await (await model.contextModel).run({ seen, features: hyper.features! });
  const last = context.mean!.data as Float32Array;
  for (let at = 0; at < last.length; at++) last[at]! += mean[at]!;
  decodePass("C", planes, model, decoder, context.index!.data as Float32Array, last, offset);
  decoder.finish();
  return { z, y: planes.y };
}

/** z [Z, area], each channel by its table. */
function takeZ(
  model: CodecModel,
  decoder: SymbolDecoder,
  quality: number,
  area: number,
): Int32Array {
  const tables = model.row("z_index", quality);
  const index = new Uint8Array(tables.length * area);
  for (let channel = 0; channel < tables.length; channel++) {
    index.fill(tables[channel]!, channel * area, (channel + 1) * area);
  }
  const z = new Int32Array(index.length);
  decoder.take(index, z);
  return z;
}

/** First column of a pass in a row, of which it takes every second; -1 if it takes none. */
function firstColumn(pass: Pass, row: number): number {
  const odd = row & 1;
  if (pass === "C") return 1 - odd;
  return pass === "A" ? (odd ? -1 : 0) : odd ? 1 : -1;
}

/** Decode a pass's symbols into y at its places; returns them, packed [M, rows, columns]. */
function decodePass(
  pass: Pass,
  planes: Planes,
  model: CodecModel,
  decoder: SymbolDecoder,
  head: Float32Array,
  mean: Float32Array,
  offset: Int16Array,
): Int32Array {
  const { channels, height, width, y } = planes;
  const count = y.length / (pass === "C" ? 2 : 4);
  const index = new Uint8Array(count);
  const last = model.tables.length - 1;
  const each = (visit: (at: number, n: number, channel: number) => void) => {
    for (let channel = 0, n = 0; channel < channels; channel++) {
      for (let row = 0; row < height; row++) {
        const first = firstColumn(pass, row);
        if (first < 0) continue;
        const start = (channel * height + row) * width;
        for (let column = first; column < width; column += 2) visit(start + column, n++, channel);
      }
    }
  };
  each((at, n, channel) => {
    index[n] = Math.min(Math.max(head[at]! + offset[channel]!, 0), last);
  });
  const symbols = new Int32Array(count);
  decoder.take(index, symbols, count, model.skip);
  each((at, n) => {
    y[at] = MEAN_UNIT * symbols[n]! + mean[at]!;
  });
  return symbols;
}

/** Means [M, h, w] that are right at B, from those of the hyper-synthesis and A's symbols. */
function predictB(
  model: CodecModel,
  symbols: Int32Array,
  mean: Float32Array,
  height: number,
  width: number,
): Float32Array {
  const { weight, bias, shift } = model.diagonal;
  const out = mean.slice();
  const [rows, columns] = [height / 2, width / 2];
  for (let channel = 0; channel < bias.length; channel++) {
    const [a, , b, , , , c, , d] = weight.subarray(9 * channel, 9 * channel + 9);
    for (let row = 0; row < rows; row++) {
      const above = (channel * rows + row) * columns;
      const below = row + 1 < rows ? above + columns : -1;
      for (let column = 0; column < columns; column++) {
        const more = column + 1 < columns;
        let sum = bias[channel]! + a! * symbols[above + column]!;
        if (more) sum += b! * symbols[above + column + 1]!;
        if (below >= 0) sum += c! * symbols[below + column]!;
        if (below >= 0 && more) sum += d! * symbols[below + column + 1]!;
        out[(channel * height + 2 * row + 1) * width + 2 * column + 1]! += sum >> shift[channel]!;
      }
    }
  }
  return out;
}

/** y - mean at A and B, 0 at C. */
function seenOf(planes: Planes, mean: Float32Array): Float32Array {
  const { channels, height, width, y } = planes;
  const seen = new Float32Array(y.length);
  for (let line = 0; line < channels * height; line++) {
    for (let column = line & 1; column < width; column += 2) {
      const at = line * width + column;
      seen[at] = y[at]! - mean[at]!;
    }
  }
  return seen;
}
