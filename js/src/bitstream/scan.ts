/**
 * The rules about which chunks a file holds and in what order, as one pass over its frames.
 *
 * `docs/format.md`, section 2. A tile is known by its place in the file. If its number disagrees
 * with its place, the CRC decides whether the tile is damaged (found when it is asked for) or the
 * file misordered (found here).
 */

import { DamagedFileError, LimitError, UnsupportedError } from "../errors.ts";
import { checkCrc, type Chunk, crcDamage, endOf, nameOf, payloadOf, viewOf } from "./chunk.ts";
import { EXTRAS, extrasProblem, requiredExtras } from "./extras.ts";
import { type Header, layersOf, tileCount } from "./header.ts";
import type { Limits } from "./limits.ts";

export const TILE_START = 5; // bytes of a tile's number and layer
const METADATA = ["exif", "iccp", "xmp0", "axes", "dicm", "nois"];

/** What has been seen of a file: `tiles`, and `single`, the chunks that may occur once, by type. */
export class Scan {
  readonly tiles: Chunk[] = [];
  readonly single = new Map<string, Chunk>();
  private readonly data: Uint8Array;
  private readonly header: Header;
  private readonly limits: Limits;
  private readonly layers: number[];
  private readonly tilesOfLayer: number;
  private last: Chunk;
  private others = 1;

  constructor(data: Uint8Array, head: Chunk, header: Header, limits: Limits) {
    this.data = data;
    this.header = header;
    this.limits = limits;
    this.layers = layersOf(header);
    this.tilesOfLayer = tileCount(header);
    this.last = head;
    this.single.set("HEAD", head);
  }

  /** Check one more chunk against all before it. */
  take(chunk: Chunk): void {
    if (chunk.type === "TILE") this.takeTile(chunk);
    else this.takeOther(chunk);
    this.last = chunk;
  }

  /** Check that nothing is missing before DONE and nothing follows it. */
  finish(): void {
    if (this.tiles.length < this.wanted) {
      throw new DamagedFileError(
        `there are ${this.tiles.length} TILE chunks where the header asks for ${this.wanted}; ` +
          "get the whole file again",
      );
    }
    for (const type of requiredExtras(this.header)) {
      if (!this.single.has(type)) {
        throw new DamagedFileError(
          `chunk ${type} is missing, which this file's header asks for; get the file again`,
        );
      }
    }
    const extra = this.data.length - endOf(this.last);
    if (extra) {
      throw new DamagedFileError(
        `${extra} bytes follow chunk DONE, and nothing may; get the file again`,
      );
    }
  }

  private get wanted(): number {
    return this.tilesOfLayer * this.layers.length;
  }

  private takeOther(chunk: Chunk): void {
    checkCrc(this.data, chunk);
    if (this.others++ >= this.limits.maxOtherChunks) {
      throw new LimitError(
        `${nameOf(chunk)} is one more than the limit of ${this.limits.maxOtherChunks} chunks ` +
          "besides tiles; if you trust the file, raise maxOtherChunks",
      );
    }
    if (this.last.type === "TIDX") {
      this.damaged(chunk, "stands between TIDX and the tiles, where nothing may");
    }
    if (METADATA.includes(chunk.type)) this.takeMetadata(chunk);
    else if (EXTRAS.includes(chunk.type)) this.takeExtra(chunk);
    else if (chunk.type === "TIDX") this.takeIndex(chunk);
    else if (chunk.type === "HEAD") this.once(chunk);
    else if (chunk.type === "DONE") {
      if (chunk.length) this.damaged(chunk, `holds ${chunk.length} bytes and must be empty`);
    } else if (chunk.type[0]! <= "Z") {
      throw new UnsupportedError(
        `${nameOf(chunk)} is needed to decode the file and this decoder doesn't know it; update ` +
          "the package pellucid",
      );
    }
  }

  private damaged(chunk: Chunk, what: string): never {
    throw new DamagedFileError(`${nameOf(chunk)} ${what}; get the file again`);
  }

  private once(chunk: Chunk): void {
    if (this.single.has(chunk.type)) this.damaged(chunk, "is doubled");
    this.single.set(chunk.type, chunk);
    if (this.tiles.length) this.damaged(chunk, "comes after the tiles and must come before them");
  }

  private takeMetadata(chunk: Chunk): void {
    if (chunk.length > this.limits.maxMetadata) {
      throw new LimitError(
        `${nameOf(chunk)} holds ${chunk.length} bytes, over the limit of ` +
          `${this.limits.maxMetadata}; if you trust the file, raise maxMetadata`,
      );
    }
    this.once(chunk);
  }

  private takeExtra(chunk: Chunk): void {
    this.once(chunk);
    const problem = extrasProblem(this.header, chunk.type, payloadOf(this.data, chunk));
    if (problem !== undefined) this.damaged(chunk, problem);
  }

  private takeIndex(chunk: Chunk): void {
    this.once(chunk);
    if (this.wanted === 1) this.damaged(chunk, "must not stand in a file of a single tile chunk");
    if (chunk.length !== 4 * this.wanted) {
      this.damaged(chunk, `holds ${chunk.length} bytes and must hold ${4 * this.wanted}`);
    }
  }

  private takeTile(chunk: Chunk): void {
    const place = this.tiles.length;
    if (place >= this.wanted) {
      this.damaged(chunk, `is one TILE more than the ${this.wanted} that the header asks for`);
    }
    if (this.wanted > 1) this.checkIndex(chunk, place);
    if (chunk.length < TILE_START) {
      this.damaged(chunk, `holds ${chunk.length} bytes, a tile has at least ${TILE_START}`);
    }
    const number = place % this.tilesOfLayer;
    const layer = this.layers[Math.floor(place / this.tilesOfLayer)];
    const payload = payloadOf(this.data, chunk);
    const right = viewOf(payload).getUint32(0, true) === number && payload[4] === layer;
    if (!right && crcDamage(this.data, chunk) === undefined) {
      this.damaged(chunk, `stands where tile ${number} of layer ${layer} must stand`);
    }
    this.tiles.push(chunk);
  }

  private checkIndex(chunk: Chunk, place: number): void {
    const index = this.single.get("TIDX");
    if (index === undefined) this.damaged(chunk, "needs a chunk TIDX before it");
    const length = viewOf(payloadOf(this.data, index)).getUint32(4 * place, true);
    if (length !== chunk.length) {
      this.damaged(chunk, `holds ${chunk.length} bytes, but TIDX says ${length}`);
    }
  }
}
