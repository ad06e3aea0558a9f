/**
 * The bytes of a .pel file -> header, metadata and tile payloads, all views of the given bytes.
 *
 * `docs/format.md`, sections 1 to 4 and 9. `PelFile.parse` checks the frame of the whole file
 * (every length, order and count, and every CRC but the tiles'); a tile's CRC is checked when the
 * tile is asked for.
 */

import { DamagedFileError, NotPelFileError, OptionError } from "../errors.ts";
import { checkCrc, type Chunk, crcDamage, endOf, payloadOf, readChunk } from "./chunk.ts";
import { type Edges, readEdges } from "./edges.ts";
import { type Kept, readKept, readRange, type SampleRange } from "./extras.ts";
import { checkLimits, type Header, hexOf, layersOf, readHeader, tileCount } from "./header.ts";
import { type Limits, limitsOf, SIGNATURE } from "./limits.ts";
import { Scan, TILE_START } from "./scan.ts";

/** A file whose frame is sound. Its bytes must not change while it is used. */
export class PelFile {
  readonly header: Header;
  private readonly data: Uint8Array;
  private readonly single: ReadonlyMap<string, Chunk>;
  private readonly tiles: readonly Chunk[];

  private constructor(header: Header, data: Uint8Array, scan: Scan) {
    this.header = header;
    this.data = data;
    this.single = scan.single;
    this.tiles = scan.tiles;
  }

  /**
   * The file in `data`. Throws NotPelFileError, VersionError, UnsupportedError (features or
   * critical chunks that this version doesn't know), LimitError, or DamagedFileError naming the
   * chunk.
   */
  static parse(data: Uint8Array, limits: Partial<Limits> = {}): PelFile {
    const most = limitsOf(limits);
    checkSignature(data);
    let chunk = readChunk(data, SIGNATURE.length);
    checkCrc(data, chunk);
    if (chunk.type !== "HEAD") {
      throw new DamagedFileError(`the first chunk is ${chunk.type}, not HEAD; get the file again`);
    }
    const header = readHeader(payloadOf(data, chunk));
    checkLimits(header, most);
    const scan = new Scan(data, chunk, header, most);
    while (chunk.type !== "DONE") {
      chunk = readChunk(data, endOf(chunk));
      scan.take(chunk);
    }
    scan.finish();
    return new PelFile(header, data, scan);
  }

  /** The payload of a chunk that may occur once (such as exif, iccp, xmp0, axes, FMAP, nois). */
  payload(type: string): Uint8Array | undefined {
    const chunk = this.single.get(type);
    return chunk && payloadOf(this.data, chunk);
  }

  /** What the samples of a learned file of 16 bits lie in. */
  get sampleRange(): SampleRange | undefined {
    const payload = this.payload("RANG");
    return payload && readRange(payload);
  }

  /** The lines of one colour along the edges of a learned file's picture. */
  get edges(): Edges | undefined {
    const payload = this.payload("EDGE");
    return payload && (readEdges(this.header, payload) as Edges);
  }

  /** The id of the tables of an alpha layer, in hexadecimal. */
  get alphaModel(): string | undefined {
    const payload = this.payload("ALPH");
    return payload && hexOf(payload);
  }

  /** The tables and the bound of a source layer. */
  get kept(): Kept | undefined {
    const payload = this.payload("KEPT");
    return payload && readKept(payload);
  }

  /** A tile's payload, its checksum checked. Throws DamagedFileError if that is wrong. */
  tile(number: number, layer: number): Uint8Array {
    const place = layersOf(this.header).indexOf(layer);
    const count = tileCount(this.header);
    const chunk = this.tiles[place * count + number];
    if (place < 0 || number < 0 || number >= count || chunk === undefined) {
      throw new OptionError(`the file has no tile ${number} of layer ${layer}`);
    }
    const damage = crcDamage(this.data, chunk);
    if (damage !== undefined) {
      throw new DamagedFileError(`tile ${number} of layer ${layer}: ${damage}`);
    }
    return payloadOf(this.data, chunk).subarray(TILE_START);
  }
}

function checkSignature(data: Uint8Array): void {
  const start = data.subarray(0, SIGNATURE.length);
  const right = start.every((byte, at) => byte === SIGNATURE[at]);
  if (right && start.length === SIGNATURE.length) return;
  if (right && start.length >= 4) {
    throw new DamagedFileError(
      `the file is truncated: it ends after ${start.length} bytes, inside the signature; get the ` +
        "whole file again",
    );
  }
  const what = start.length ? `it begins with ${hexOf(start)}` : "it is empty";
  throw new NotPelFileError(`this is not a .pel file: ${what}, not ${hexOf(SIGNATURE)}`);
}
