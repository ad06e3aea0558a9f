/** What a file says without being decoded. */

import { PelFile } from "./bitstream/file.ts";
import { hasLayer, isLearned, requireSupported, SOURCE_LAYER } from "./bitstream/header.ts";
import type { Limits } from "./bitstream/limits.ts";
import { about, type Metadata } from "./decode.ts";
import { type SampleType, typeOf } from "./exact/types.ts";
import { isPair } from "./pair.ts";

/** Size, samples, coding and metadata of a file. */
export interface PelInfo extends Metadata {
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel, alpha counted; of a pair those of both pictures. */
  readonly channels: number;
  readonly alpha: boolean;
  readonly type: SampleType;
  /** How a viewer turns it, as EXIF says: 1 to 8. */
  readonly orientation: number;
  /** 0 to 100; undefined of a lossless or error-bounded picture. */
  readonly quality: number | undefined;
  /** Whether a pair's guide, or a denoised picture's source, lies beside the picture. */
  readonly guide: boolean;
  readonly source: boolean;
  /** The id of its model, in hexadecimal. */
  readonly model: string;
}

/** Read a file's frame and header. Throws what `decode` does of a file that isn't sound. */
export function infoOf(data: Uint8Array, limits: Partial<Limits> = {}): PelInfo {
  const file = PelFile.parse(data, limits);
  const { header } = file;
  requireSupported(header);
  return {
    width: header.width,
    height: header.height,
    channels: header.channels + header.alpha,
    alpha: header.alpha === 1,
    type: typeOf(header),
    quality: isLearned(header) ? header.quality : undefined,
    guide: isPair(header),
    source: hasLayer(header, SOURCE_LAYER),
    model: header.modelId,
    ...about(file),
  };
}
