/**
 * The learned layer: latents of tiles -> a grid -> windows -> samples; alpha from its own layer.
 */

import { drawEdges } from "../bitstream/edges.ts";
import type { PelFile } from "../bitstream/file.ts";
import {
  ALPHA_LAYER,
  hasLayer,
  tileBox,
  tileCount,
  tilesUnder,
  wholeOf,
} from "../bitstream/header.ts";
import { type Box, grown, overlap } from "../box.ts";
import { type Samples, samplesOf, type SampleType, typeOf } from "../exact/types.ts";
import type { FileRunner, Layer } from "../layer.ts";
import { LATENT, latentsOf, partsOf } from "./geometry.ts";

/** The learned layer of a file; see `Layer`. */
export class LearnedLayer implements Layer {
  readonly type: SampleType;
  readonly channels: number;
  readonly alpha: boolean;
  private readonly file: PelFile;
  private readonly run: FileRunner;
  private readonly latents: number; // channels of y
  private readonly halo: number;
  private readonly tiles = new Map<number, Promise<Float32Array>>();
  private readonly needed = new Map<number, number>(); // tile -> parts that will still use it

  private constructor(file: PelFile, run: FileRunner, about: { latents: number; halo: number }) {
    const { header } = file;
    this.file = file;
    this.run = run;
    this.latents = about.latents;
    this.halo = about.halo;
    this.type = typeOf(header);
    this.alpha = hasLayer(header, ALPHA_LAYER);
    this.channels = header.channels + header.alpha;
  }

  /** Open the layer. Throws UnknownModelError if its model isn't there. */
  static async open(file: PelFile, run: FileRunner): Promise<LearnedLayer> {
    return new LearnedLayer(file, run, await run("about", null));
  }

  /** With alpha whole tiles, so that each tile of alpha is decoded once. */
  parts(region: Box): Box[] {
    const { header } = this.file;
    const parts = this.alpha
      ? tilesUnder(header, region).map((number) => overlap(tileBox(header, number), region)!)
      : partsOf(region);
    for (const part of parts) {
      for (const number of this.tilesOf(this.windowOf(part))) {
        this.needed.set(number, (this.needed.get(number) ?? 0) + 1);
      }
    }
    return parts;
  }

  async decode(part: Box): Promise<Samples> {
    const { header, edges } = this.file;
    const window = this.windowOf(part);
    const y = await this.latentsIn(window);
    const { height, width } = window;
    const place = { ...part, x: part.x - window.x * LATENT, y: part.y - window.y * LATENT };
    const samples = await this.run("synthesise", { y, height, width, part: place });
    if (edges) drawEdges(samples, part, header, edges, header.channels);
    return this.alpha ? this.withAlpha(samples, part) : samples;
  }

  async *fingerprint(): AsyncIterable<Uint8Array> {
    const count = tileCount(this.file.header);
    for (let number = 0; number < count; number++) {
      const { z, y } = await this.run("latents", { number });
      yield new Uint8Array(Int16Array.from(z).buffer);
      yield new Uint8Array(Int32Array.from(y).buffer);
    }
    for (let number = 0; this.alpha && number < count; number++) {
      const alpha = await this.run("exact", { part: "alpha", number, pair: undefined });
      yield new Uint8Array(alpha.buffer, alpha.byteOffset, alpha.byteLength);
    }
  }

  /** The latents that a part of the picture takes. */
  private windowOf(part: Box): Box {
    return grown(latentsOf(part), this.halo, latentsOf(wholeOf(this.file.header)));
  }

  private tilesOf(window: Box): number[] {
    const { x, y, width, height } = window;
    const box = { x: x * LATENT, y: y * LATENT, width: width * LATENT, height: height * LATENT };
    return tilesUnder(this.file.header, overlap(box, wholeOf(this.file.header))!);
  }

  /** y [M, window.height, window.width] of the tiles under a window. */
  private async latentsIn(window: Box): Promise<Float32Array> {
    const out = new Float32Array(this.latents * window.height * window.width);
    const numbers = this.tilesOf(window);
    const tiles = await Promise.all(numbers.map((number) => this.yOf(number)));
    numbers.forEach((number, at) => {
      const place = latentsOf(tileBox(this.file.header, number));
      copyPlanes(tiles[at]!, place, out, window, this.latents);
      const left = this.needed.get(number)! - 1;
      this.needed.set(number, left);
      if (left === 0) this.tiles.delete(number);
    });
    return out;
  }

  private yOf(number: number): Promise<Float32Array> {
    let found = this.tiles.get(number);
    if (found === undefined) {
      found = this.run("latents", { number }).then(({ y }) => y);
      found.catch(() => undefined); // whoever waits for it is told
      this.tiles.set(number, found);
    }
    return found;
  }

  private async withAlpha(colours: Samples, part: Box): Promise<Samples> {
    const { header } = this.file;
    const [number] = tilesUnder(header, part);
    const tile = tileBox(header, number!);
    const alpha = await this.run("exact", { part: "alpha", number: number!, pair: undefined });
    const out = samplesOf(this.type, part.width * part.height * this.channels);
    const count = header.channels;
    let at = 0;
    for (let y = 0; y < part.height; y++) {
      const row = (y + part.y - tile.y) * tile.width + part.x - tile.x;
      for (let x = 0; x < part.width; x++) {
        const from = (y * part.width + x) * count;
        for (let channel = 0; channel < count; channel++) out[at++] = colours[from + channel]!;
        out[at++] = alpha[row + x]!;
      }
    }
    return out;
  }
}

/** Copy what planes at `place` share with planes at `window`, both in latents. */
function copyPlanes(
  from: Float32Array,
  place: Box,
  to: Float32Array,
  window: Box,
  count: number,
): void {
  const shared = overlap(place, window)!;
  for (let channel = 0; channel < count; channel++) {
    for (let y = shared.y; y < shared.y + shared.height; y++) {
      const source = (channel * place.height + y - place.y) * place.width + shared.x - place.x;
      const target = (channel * window.height + y - window.y) * window.width + shared.x - window.x;
      to.set(from.subarray(source, source + shared.width), target);
    }
  }
}
