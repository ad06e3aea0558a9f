/**
 * The samples of a file's exact layers, tile by tile: of lossless and error-bounded pictures, pairs
 * and floats, and of learned files the source and alpha (docs/format.md, sections 11 to 15 and 17).
 *
 * Each tile stands alone, so they can be read in any order and in several workers; of a pair all
 * must begin alike.
 */

import type { PelFile } from "../bitstream/file.ts";
import {
  ALPHA_LAYER,
  BOUNDED_LAYER,
  FLOAT,
  hasLayer,
  LOSSLESS_LAYER,
  SOURCE_LAYER,
  tileBox,
} from "../bitstream/header.ts";
import { DamagedFileError, OptionError, PellucidError } from "../errors.ts";
import { type FloatMap, floatMapOf } from "../floats.ts";
import { checkPair, isPair, type Pair, PAIR_BYTES, readPair, samePair } from "../pair.ts";
import type { ExactTables } from "./tables.ts";
import { decodeTile, type TileKind } from "./tile.ts";
import { type IntegerType, type Samples, samplesOf, type SampleType, typeOf } from "./types.ts";

/** What of a file is read: its picture or the guide beside it, a learned file's source or alpha. */
export type ExactPart = "picture" | "guide" | "source" | "alpha";

/** Samples of a pixel, and their type. */
export interface Layout {
  readonly channels: number;
  readonly type: SampleType;
}

/** The number of the layer that a part lies in. Throws OptionError if the file has no such part. */
function layerOf({ header }: PelFile, part: ExactPart): number {
  const layers = {
    picture: [LOSSLESS_LAYER, BOUNDED_LAYER],
    guide: isPair(header) ? [LOSSLESS_LAYER, BOUNDED_LAYER] : [],
    source: [SOURCE_LAYER],
    alpha: [ALPHA_LAYER],
  };
  const layer = layers[part].find((one) => hasLayer(header, one));
  if (layer !== undefined) return layer;
  throw new OptionError(`the file has no ${part} in an exact layer; ask for another part`);
}

/** The id, in hexadecimal, of the tables that a part is coded with. */
export function tablesOf(file: PelFile, part: ExactPart): string {
  const id = { source: file.kept?.modelId, alpha: file.alphaModel };
  return (part === "source" || part === "alpha" ? id[part] : undefined) ?? file.header.modelId;
}

/**
 * What a tile of a pair begins with; undefined of other files. Throws DamagedFileError if that is
 * damaged, OptionError if the file has no such part.
 */
export function pairAt(file: PelFile, part: ExactPart, number: number): Pair | undefined {
  const layer = layerOf(file, part);
  return isPair(file.header) ? readPair(file.tile(number, layer), file.header) : undefined;
}

/** How a part's samples lie. */
export function layoutOf({ header }: PelFile, part: ExactPart, pair: Pair | undefined): Layout {
  if (pair && part === "guide") return { channels: pair.planes, type: pair.guide };
  const all = part === "alpha" ? 1 : header.channels + header.alpha;
  return { channels: all - (pair?.planes ?? 0), type: pair?.picture ?? typeOf(header) };
}

/** Reads the tiles of one part of a file. */
export class ExactReader implements Layout {
  readonly channels: number;
  readonly type: SampleType;
  private readonly file: PelFile;
  private readonly tables: ExactTables;
  private readonly layer: number;
  private readonly floats: FloatMap | undefined;
  private readonly pair: Pair | undefined;
  private readonly first: number; // plane of the tile that is a pixel's first sample
  private readonly planes: number; // of a tile in all

  /**
   * @param tables those of the id that `tablesOf` gives
   * @param pair what `pairAt` gives of any tile
   * @throws DamagedFileError if the map of floats is damaged; OptionError if the file has no such
   *   part
   */
  constructor(file: PelFile, part: ExactPart, tables: ExactTables, pair: Pair | undefined) {
    const { header } = file;
    this.file = file;
    this.tables = tables;
    this.layer = layerOf(file, part);
    this.floats = header.sampleType === FLOAT ? floatMapOf(file) : undefined;
    this.pair = pair;
    const all = part === "alpha" ? 1 : header.channels + header.alpha;
    this.planes = this.floats?.planes ?? all;
    this.first = part === "guide" ? 0 : (pair?.planes ?? 0);
    ({ channels: this.channels, type: this.type } = layoutOf(file, part, pair));
  }

  /**
   * The samples [height, width, channels] of a tile. Rejects with DamagedFileError, naming it, if
   * they are damaged.
   */
  async tile(number: number): Promise<Samples> {
    try {
      const kind = this.kindOf(number);
      const bound = this.boundGiven();
      const samples = await decodeTile(this.payload(number), kind, bound, this.tables);
      if (this.floats !== undefined) return this.floats.floats(samples);
      return this.pair === undefined ? samples : this.taken(samples, this.pair);
    } catch (error) {
      if (error instanceof PellucidError) error.message = `tile ${number}: ${error.message}`;
      throw error;
    }
  }

  /** The bound of all tiles; undefined where each says it itself. */
  private boundGiven(): number | undefined {
    if (this.layer === SOURCE_LAYER) return this.file.kept!.bound;
    return this.layer === BOUNDED_LAYER ? undefined : 0;
  }

  /** The payload of a tile without the start of a pair's. */
  private payload(number: number): Uint8Array {
    const payload = this.file.tile(number, this.layer);
    if (this.pair === undefined) return payload;
    if (samePair(this.pair, readPair(payload, this.file.header))) {
      return payload.subarray(PAIR_BYTES);
    }
    throw new DamagedFileError(
      "it is a pair of other types than the tiles before; get the file again",
    );
  }

  private kindOf(number: number): TileKind {
    const { width, height } = tileBox(this.file.header, number);
    const type = this.floats ? "uint16" : (typeOf(this.file.header) as IntegerType);
    const alpha = this.file.header.alpha === 1;
    const { planes, pair } = this;
    const guide = pair?.planes ?? 0;
    const stored = (plane: number) => (plane < guide ? pair?.guide : pair?.picture) ?? type;
    return { width, height, planes, alpha, type, guide, stored };
  }

  /** Of a pair's samples those of the part, in their own type. */
  private taken(samples: Samples, pair: Pair): Samples {
    checkPair(pair, samples, this.planes);
    const out = samplesOf(this.type, (samples.length / this.planes) * this.channels);
    for (let from = this.first, to = 0; to < out.length; from += this.planes) {
      for (let channel = 0; channel < this.channels; channel++) {
        out[to++] = samples[from + channel]!;
      }
    }
    return out;
  }
}
