/** What lies in an exact layer: a lossless or error-bounded picture, a pair's guide, a source. */

import type { PelFile } from "../bitstream/file.ts";
import { tileBox, tileCount, tilesUnder } from "../bitstream/header.ts";
import { type Box, overlap, place } from "../box.ts";
import type { FileRunner, Layer } from "../layer.ts";
import type { Pair } from "../pair.ts";
import { type ExactPart, layoutOf, pairAt } from "./reader.ts";
import { type Samples, samplesOf, type SampleType } from "./types.ts";

/** See `Layer`. */
export class ExactLayer implements Layer {
  readonly type: SampleType;
  readonly channels: number;
  readonly alpha: boolean;
  private readonly file: PelFile;
  private readonly run: FileRunner;
  private readonly part: ExactPart;
  private readonly pair: Pair | undefined;

  /**
   * Open the layer to decode a region. Throws OptionError if the file has no such part, and
   * DamagedFileError if a pair's start is damaged.
   */
  constructor(file: PelFile, run: FileRunner, part: ExactPart, region: Box) {
    this.file = file;
    this.run = run;
    this.part = part;
    this.pair = pairAt(file, part, tilesUnder(file.header, region)[0]!);
    ({ channels: this.channels, type: this.type } = layoutOf(file, part, this.pair));
    this.alpha = part !== "guide" && file.header.alpha === 1;
  }

  parts(region: Box): Box[] {
    const { header } = this.file;
    return tilesUnder(header, region).map((number) => overlap(tileBox(header, number), region)!);
  }

  async decode(part: Box): Promise<Samples> {
    const [number] = tilesUnder(this.file.header, part);
    const samples = await this.tile(number!);
    return cut(samples, tileBox(this.file.header, number!), part, this.channels, this.type);
  }

  /** All samples of the picture, row by row. */
  async *fingerprint(): AsyncIterable<Uint8Array> {
    const { header } = this.file;
    const out = samplesOf(this.type, header.width * header.height * this.channels);
    const whole = { x: 0, y: 0, width: header.width, height: header.height };
    for (let number = 0; number < tileCount(header); number++) {
      const samples = await this.tile(number);
      place(samples, tileBox(header, number), out, whole, this.channels);
    }
    yield new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  }

  private tile(number: number): Promise<Samples> {
    return this.run("exact", { part: this.part, number, pair: this.pair });
  }
}

/** Samples [h, w, channels] of a part of what lies at a box. */
function cut(samples: Samples, box: Box, part: Box, channels: number, type: SampleType): Samples {
  if (part.width === box.width && part.height === box.height) return samples;
  const out = samplesOf(type, part.width * part.height * channels);
  place(samples, box, out, part, channels);
  return out;
}
