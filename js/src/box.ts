/** Rectangles of samples or of latents, and samples that lie in them. */

import type { Samples } from "./exact/types.ts";

/** A rectangle of samples, or of latents. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What two boxes share; undefined if nothing. */
export function overlap(a: Box, b: Box): Box | undefined {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** A box with `more` on each side, as far as `bounds` reach. */
export function grown(box: Box, more: number, bounds: Box): Box {
  const x = Math.max(box.x - more, bounds.x);
  const y = Math.max(box.y - more, bounds.y);
  return {
    x,
    y,
    width: Math.min(box.x + box.width + more, bounds.x + bounds.width) - x,
    height: Math.min(box.y + box.height + more, bounds.y + bounds.height) - y,
  };
}

/** Copy what samples at `box` share with samples at `target`. */
export function place(
  samples: Samples,
  box: Box,
  out: Samples,
  target: Box,
  channels: number,
): void {
  const shared = overlap(box, target);
  if (shared === undefined) return;
  for (let y = shared.y; y < shared.y + shared.height; y++) {
    const from = ((y - box.y) * box.width + shared.x - box.x) * channels;
    const to = ((y - target.y) * target.width + shared.x - target.x) * channels;
    out.set(samples.subarray(from, from + shared.width * channels), to);
  }
}
