/**
 * The payload of a tile of exact layers: samples stored, deflated or predicted (docs/format.md,
 * section 11).
 */

import { viewOf } from "../bitstream/chunk.ts";
import { MOST_BOUND } from "../bitstream/limits.ts";
import { DamagedFileError } from "../errors.ts";
import { inflate } from "../inflate.ts";
import { decodePlanes } from "./planes.ts";
import type { ExactTables } from "./tables.ts";
import { bytesOf, type IntegerType, type Samples, samplesFrom, samplesOf } from "./types.ts";

const STORED = 0;
const DEFLATED = 1;
const PREDICTED = 2;
const BOUND_BYTES = 2;

/** What is known of a tile before its payload. */
export interface TileKind {
  readonly width: number;
  readonly height: number;
  /** Planes in all: a guide's, the picture's colours, its alpha. */
  readonly planes: number;
  /** Whether the last plane is alpha. */
  readonly alpha: boolean;
  /** Of the samples; a pair's are stored in two types that this one holds. */
  readonly type: IntegerType;
  /** Planes of a guide, which come back as they were whatever the bound. */
  readonly guide: number;
  /** In which type a plane is stored or deflated. */
  stored(plane: number): IntegerType;
}

/** The bound that the payload of a tile of layer 2 begins with. */
function takeBound(payload: Uint8Array): number {
  const bound = payload.length < BOUND_BYTES ? 0 : viewOf(payload).getUint16(0, true);
  if (bound >= 1 && bound <= MOST_BOUND) return bound;
  throw new DamagedFileError(
    `a tile's bound is ${bound}; 1 to ${MOST_BOUND} are possible; get the file again`,
  );
}

/**
 * The samples [height, width, planes] of a tile.
 *
 * @param bound the largest error of colours; undefined if the payload begins with it
 */
export async function decodeTile(
  payload: Uint8Array,
  kind: TileKind,
  bound: number | undefined,
  tables: ExactTables,
): Promise<Samples> {
  const start = bound === undefined ? BOUND_BYTES : 0;
  const most = bound ?? takeBound(payload);
  const way = payload[start];
  const body = payload.subarray(start + 1);
  if (way === PREDICTED) return decodePlanes(body, kind, most, tables);
  if (way === STORED) return unpacked(body, kind);
  if (way === DEFLATED) return unpacked(await inflate(body, "deflate", sizeOf(kind)), kind);
  throw new DamagedFileError(
    way === undefined
      ? `a tile's payload has ${payload.length} bytes; that can't be all; get the file again`
      : `a tile's payload is of kind ${way}; 0 to 2 are known; get the file again`,
  );
}

/** Bytes of the samples as they are stored. */
function sizeOf(kind: TileKind): number {
  let size = 0;
  for (let plane = 0; plane < kind.planes; plane++) size += bytesOf(kind.stored(plane));
  return size * kind.width * kind.height;
}

/** Samples that lie plane by plane, each in its own type; of undefined bytes there is no use. */
function unpacked(body: Uint8Array | undefined, kind: TileKind): Samples {
  if (body?.length !== sizeOf(kind)) {
    throw new DamagedFileError(
      `a tile's samples are ${body?.length ?? "damaged, or more or fewer"} bytes and must be ` +
        `${sizeOf(kind)}; get the file again`,
    );
  }
  const { planes } = kind;
  const area = kind.width * kind.height;
  const out = samplesOf(kind.type, area * planes);
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    const type = kind.stored(plane);
    const end = at + area * bytesOf(type);
    const part = samplesFrom(type, body.subarray(at, end));
    for (let i = 0, to = plane; i < area; i++, to += planes) out[to] = part[i]!;
    at = end;
  }
  return out;
}
