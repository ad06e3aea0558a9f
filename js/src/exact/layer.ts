/** What lies in an exact layer: a lossless or error-bounded picture, a pair's guide, a source. */

import type { PelFile } from "../bitstream/file.ts";
import { tileBox, tileCount, tilesUnder } from "../bitstream/header.ts";
import { type Box, overlap, place } from "../box.ts";
import type { FileRunner, Layer } from "../layer.ts";
import type { ExactPart } from "./reader.ts";
import { type Samples, samplesOf, type SampleType } from "./types.ts";

/** See `Layer`. */
export class ExactLayer implements Layer {
  readonly type: SampleType;
  readonly channels: number;
  readonly alpha: boolean;
  private readonly file: PelFile;
  private readonly run: FileRunner;
  private readonly part: ExactPart;

  private constructor(
    file: PelFile,
    run: FileRunner,
    part: ExactPart,
    layout: { channels: number; type: SampleType },
  ) {
    this.file = file;
    this.run = run;
    this.part = part;
    this.channels = layout.channels;
    this.type = layout.type;
    this.alpha = part !== "guide" && file.header.alpha === 1;
  }

  /** Open the layer. Throws UnknownModelError if its tables aren't there. */
  static async open(file: PelFile, run: FileRunner, part: ExactPart): Promise<ExactLayer> {
    return new ExactLayer(file, run, part, await run("layout", { part }));
  }

  parts(region: Box): Box[] {
    const { header } = this.file;
    return tilesUnder(header, region).map((number) => overlap(tileBox(header, number), region)!);
  }

  async decode(part: Box): Promise<Samples> {
    const [number] = tilesUnder(this.file.header, part);
    const samples = await this.run("exact", { part: this.part, number: number! });
    return cut(samples, tileBox(this.file.header, number!), part, this.channels, this.type);
  }

  /** All samples of the picture, row by row. */
  async *fingerprint(): AsyncIterable<Uint8Array> {
    const { header } = this.file;
    const out = samplesOf(this.type, header.width * header.height * this.channels);
    const whole = { x: 0, y: 0, width: header.width, height: header.height };
    for (let number = 0; number < tileCount(header); number++) {
      const samples = await this.run("exact", { part: this.part, number });
      place(samples, tileBox(header, number), out, whole, this.channels);
    }
    yield new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  }
}

/** Samples [h, w, channels] of a part of what lies at a box. */
function cut(samples: Samples, box: Box, part: Box, channels: number, type: SampleType): Samples {
  if (part.width === box.width && part.height === box.height) return samples;
  const out = samplesOf(type, part.width * part.height * channels);
  place(samples, box, out, part, channels);
  return out;
}
