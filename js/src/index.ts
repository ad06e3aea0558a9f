/**
 * Decodes .pel pictures in browsers and Node.
 *
 *     import { decode, toImageData } from "pellucid";
 *     const picture = await decode("photo.pel");
 *     context.putImageData(toImageData(picture), 0, 0);
 */

import type { Limits } from "./bitstream/limits.ts";
import type { DecodeOptions, Picture } from "./decode.ts";
import { bytesOf, PelDecoder, type PelInput } from "./decoder.ts";
import { infoOf, type PelInfo } from "./info.ts";

export type { Box } from "./box.ts";
export type { Limits } from "./bitstream/limits.ts";
export type { DecodeOptions, Metadata, Picture } from "./decode.ts";
export { type DecoderOptions, PelDecoder, type PelInput } from "./decoder.ts";
export * from "./errors.ts";
export type { Samples, SampleType } from "./exact/types.ts";
export { fromHalfBits } from "./half.ts";
export { type ImageOptions, toImageData } from "./image.ts";
export type { PelInfo } from "./info.ts";
export { toPng } from "./png.ts";

export type { Fraction, SequenceAbout } from "./sequence/about.ts";
export { PelSequence, type SequenceOptions } from "./sequence/file.ts";
export type { Frame } from "./sequence/members.ts";

let shared: PelDecoder | undefined;

/** Decode a picture, by workers that all calls share. Rejects with an error of `errors.ts`. */
export function decode(input: PelInput, options: DecodeOptions = {}): Promise<Picture> {
  shared ??= new PelDecoder();
  return shared.decode(input, options);
}

/** What a file says of itself, without decoding it. */
export async function info(input: PelInput, limits: Partial<Limits> = {}): Promise<PelInfo> {
  return infoOf(await bytesOf(input), limits);
}
