/** What a layer that is open does, whatever it is coded with. */

import type { Box } from "./box.ts";
import type { Samples, SampleType } from "./exact/types.ts";
import type { Kind, Work } from "./work.ts";

/** Does work on one file. */
export type FileRunner = <K extends Kind>(
  kind: K,
  task: Work[K]["task"],
) => Promise<Work[K]["result"]>;

/** Decodes one picture of a file, part after part. */
export interface Layer {
  readonly type: SampleType;
  /** Samples of a pixel, alpha counted. */
  readonly channels: number;
  /** Whether the last of them is alpha. */
  readonly alpha: boolean;
  /** The parts in which a region is decoded, in the order in which they must be asked for. */
  parts(region: Box): Box[];
  /** Samples [height, width, channels] of a part. */
  decode(part: Box): Promise<Samples>;
  /** Pieces of what the fingerprint of the latents is made of, in order. */
  fingerprint(): AsyncIterable<Uint8Array>;
}
