/** Bytes of a .pel file -> a picture: opens its layer, and puts the parts together. */

import { sha256 } from "@noble/hashes/sha2.js";

import { PelFile } from "./bitstream/file.ts";
import {
  hexOf,
  isLearned,
  layersOf,
  requireSupported,
  SOURCE_LAYER,
  tilesUnder,
  wholeOf,
} from "./bitstream/header.ts";
import { type Limits, limitsOf } from "./bitstream/limits.ts";
import { type Box, overlap, place } from "./box.ts";
import { OptionError } from "./errors.ts";
import { ExactLayer } from "./exact/layer.ts";
import { type IntegerType, type Samples, samplesOf, type SampleType } from "./exact/types.ts";
import { orientationOf } from "./exif.ts";
import { Grain } from "./grain/add.ts";
import type { FileRunner, Layer } from "./layer.ts";
import { LearnedLayer } from "./learned/layer.ts";
import { reduce, reducedBox, SCALES } from "./reduce.ts";
import { unlessAborted } from "./signal.ts";
import type { Runner } from "./work.ts";

/** What is wanted of a file. */
export interface DecodeOptions extends Partial<Limits> {
  /** A part of the picture, in samples as stored; only the tiles under it are decoded. */
  region?: Box;
  /** 2, 4 or 8: a picture of 1/2, 1/4 or 1/8 of the sides, rounded up. */
  scale?: number;
  /** The picture; of a pair its guide; of a denoised picture the source, where the file has it. */
  which?: (typeof WHICH)[number];
  /** 0 to 1: noise like that which was taken off, put back; OptionError if the file has none. */
  grain?: number;
  /** Ends the work: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What a file keeps beside the samples, byte for byte. */
export interface Metadata {
  exif?: Uint8Array;
  icc?: Uint8Array;
  xmp?: Uint8Array;
  axes?: Uint8Array;
  dicom?: Uint8Array;
}

/** Samples as they are stored, and what is known of them. */
export interface Picture extends Metadata {
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel, alpha counted. */
  readonly channels: number;
  /** Whether the last channel is alpha (straight). */
  readonly alpha: boolean;
  readonly colour: "grey" | "rgb" | "none";
  readonly bits: number;
  readonly type: SampleType;
  /** [height, width, channels]; samples of type float16 are their bits. */
  readonly data: Samples;
  /** How a viewer turns it, as EXIF says: 1 to 8. Samples are never turned. */
  readonly orientation: number;
}

const WHICH = ["picture", "guide", "source"] as const;
const COLOURS = ["grey", "rgb", "none"] as const;
const CHUNKS = { exif: "exif", icc: "iccp", xmp: "xmp0", axes: "axes", dicom: "dicm" };

/** Decode a file's bytes, which must not change meanwhile, by a runner. */
export async function decodeBytes(
  data: Uint8Array,
  runner: Runner,
  options: DecodeOptions = {},
): Promise<Picture> {
  const { which = "picture", scale = 1, grain = 0, signal } = options;
  if (!WHICH.includes(which)) {
    throw new OptionError(`which is ${which}; it must be one of ${WHICH.join(", ")}`);
  }
  return opened(data, runner, options, async (file, run) => {
    const box = boxOf(file, options.region, scale);
    checkTiles(file, box, which === "source");
    const noise = grain === 0 ? undefined : grainOf(file, grain, which);
    const layer = await openLayer(file, run, which, box);
    const small = reducedBox(box, scale);
    const out = samplesOf(layer.type, small.width * small.height * layer.channels);
    const { type, channels, alpha } = layer;
    const take = (samples: Samples, part: Box) => {
      noise?.add(samples, part, channels, type as IntegerType);
      const given = { samples, box: part, channels, type, alpha };
      const reduced = scale === 1 ? samples : reduce(given, scale);
      place(reduced, reducedBox(part, scale), out, small, channels);
    };
    await inOrder(layer, box, 2 * runner.width + 1, signal, take);
    return {
      width: small.width,
      height: small.height,
      channels,
      alpha,
      colour: which === "guide" ? "none" : COLOURS[file.header.colour]!,
      bits: type === "float32" ? 32 : type === "uint8" ? 8 : 16,
      type,
      data: out,
      ...(which === "guide" ? { orientation: 1 } : about(file)),
    };
  });
}

/** The SHA-256, in hexadecimal, of what every decoder must agree on (section 8 and 11). */
export async function fingerprintOf(
  data: Uint8Array,
  runner: Runner,
  limits: Partial<Limits> = {},
): Promise<string> {
  return opened(data, runner, limits, async (file, run) => {
    const layer = await openLayer(file, run, "picture", wholeOf(file.header));
    const hash = sha256.create();
    for await (const part of layer.fingerprint()) hash.update(part);
    return hexOf(hash.digest());
  });
}

/** Metadata, and the orientation that they say. */
export function about(file: PelFile): Metadata & { orientation: number } {
  const found: Metadata = {};
  for (const [name, type] of Object.entries(CHUNKS)) {
    const payload = file.payload(type);
    if (payload) found[name as keyof Metadata] = payload.slice();
  }
  return { ...found, orientation: orientationOf(found.exif) };
}

type Use<T> = (file: PelFile, run: FileRunner) => Promise<T>;

/** Have a runner take a file in while `use` runs. */
async function opened<T>(
  data: Uint8Array,
  runner: Runner,
  options: Partial<Limits> & { signal?: AbortSignal },
  use: Use<T>,
): Promise<T> {
  const limits = limitsOf(options);
  const file = PelFile.parse(data, limits);
  requireSupported(file.header);
  const { signal } = options;
  const key = runner.open(data, limits);
  const work = use(file, async (kind, task) => {
    signal?.throwIfAborted();
    return runner.run(kind, key, task);
  });
  try {
    return await unlessAborted(work, signal);
  } finally {
    runner.release(key);
  }
}

/** The picture's grain. */
function grainOf(file: PelFile, strength: number, which: string): Grain {
  if (which === "picture") return new Grain(file, strength);
  throw new OptionError(`the ${which} has its own noise; leave grain or which out`);
}

async function openLayer(
  file: PelFile,
  run: FileRunner,
  which: (typeof WHICH)[number],
  region: Box,
): Promise<Layer> {
  const learned = isLearned(file.header) && which === "picture";
  return learned ? LearnedLayer.open(file, run) : new ExactLayer(file, run, which, region);
}

/**
 * Throws DamagedFileError for a tile under a box whose checksum is wrong, before models are
 * loaded.
 */
function checkTiles(file: PelFile, box: Box, source: boolean): void {
  for (const layer of layersOf(file.header)) {
    if ((layer === SOURCE_LAYER) !== source) continue;
    for (const number of tilesUnder(file.header, box)) file.tile(number, layer);
  }
}

/** The part that is wanted, in whole squares of `scale` samples. */
function boxOf(file: PelFile, region: Box | undefined, scale: number): Box {
  if (!SCALES.includes(scale)) {
    throw new OptionError(`scale is ${scale}; it must be one of ${SCALES.join(", ")}`);
  }
  const whole = wholeOf(file.header);
  if (region === undefined) return whole;
  if (region === null) throw new OptionError("region is null; leave it out for all of the picture");
  const { x, y, width, height } = region;
  const inside = overlap(region, whole);
  const fine = [x, y, width, height].every(Number.isInteger);
  if (!fine || inside?.width !== width || inside.height !== height) {
    throw new OptionError(
      `region ${x},${y},${width},${height} is not inside the picture of ${whole.width} x ` +
        `${whole.height} (x, y, width, height in samples)`,
    );
  }
  const left = Math.floor(x / scale) * scale;
  const top = Math.floor(y / scale) * scale;
  const right = Math.ceil((x + width) / scale) * scale;
  const lower = Math.ceil((y + height) / scale) * scale;
  return overlap({ x: left, y: top, width: right - left, height: lower - top }, whole)!;
}

/** Decode a region's parts, at most `ahead` of them at once, and hand each on as it is done. */
async function inOrder(
  layer: Layer,
  region: Box,
  ahead: number,
  signal: AbortSignal | undefined,
  take: (samples: Samples, part: Box) => void,
): Promise<void> {
  const begun: Promise<void>[] = [];
  for (const part of layer.parts(region)) {
    signal?.throwIfAborted();
    if (begun.length === ahead) await begun.shift();
    const done = layer.decode(part).then((samples) => take(samples, part));
    done.catch(() => undefined); // the one who waits for it is told
    begun.push(done);
  }
  await Promise.all(begun);
}
