/**
 * Chunk EDGE: lines of one colour along the edges of a learned file's picture.
 *
 * `docs/format.md`, section 16.
 */

import type { Box } from "../box.ts";
import { viewOf } from "./chunk.ts";
import { type Header, SIGNED } from "./header.ts";

/** How many lines, and the samples of their colour. */
export interface Run {
  readonly lines: number;
  readonly colour: readonly number[];
}

/** Runs from the edge inwards: top, bottom, left, right; the last two lie between the first. */
export type Edges = readonly [Run[], Run[], Run[], Run[]];

/** The sides in a payload, or a text that says what is wrong with it. */
export function readEdges(header: Header, payload: Uint8Array): Edges | string {
  if ((header.layers & ~0b1000) !== 1 || header.bitDepth > 16) {
    return "gives lines at the edges, in a file that is not of layer 0 without alpha";
  }
  const size = (header.bitDepth / 8) * header.channels;
  const view = viewOf(payload);
  const sides: Edges = [[], [], [], []];
  let at = 0;
  for (const side of sides) {
    const runs = payload[at++];
    if (runs === undefined || at + runs * (2 + size) > payload.length) {
      return `holds ${payload.length} bytes, which are cut off`;
    }
    for (let number = 0; number < runs; number++, at += 2 + size) {
      const colour = Array.from({ length: header.channels }, (_, channel) =>
        sampleAt(view, header, at + 2 + (channel * header.bitDepth) / 8),
      );
      side.push({ lines: view.getUint16(at, true), colour });
    }
  }
  if (at !== payload.length) return `holds ${payload.length} bytes, ${at} of which are used`;
  return edgesProblem(header, sides) ?? sides;
}

function edgesProblem(header: Header, sides: Edges): string | undefined {
  const [top, bottom, left, right] = widthsOf(sides);
  if (top + bottom + left + right === 0 || sides.flat().some((run) => run.lines === 0)) {
    return "gives a run of no lines";
  }
  if (top + bottom >= header.height || left + right >= header.width) {
    return `leaves nothing of ${header.width} x ${header.height} samples`;
  }
  return undefined;
}

function sampleAt(view: DataView, header: Header, at: number): number {
  if (header.bitDepth === 8) {
    return header.sampleType === SIGNED ? view.getInt8(at) : view.getUint8(at);
  }
  return header.sampleType === SIGNED ? view.getInt16(at, true) : view.getUint16(at, true);
}

/** Lines on each side. */
export function widthsOf(edges: Edges): [number, number, number, number] {
  const count = (side: Run[]) => side.reduce((sum, run) => sum + run.lines, 0);
  return [count(edges[0]), count(edges[1]), count(edges[2]), count(edges[3])];
}

/** Draw the edges into samples [height, width, channels] that are a part of the picture. */
export function drawEdges(
  samples: { [index: number]: number },
  part: Box,
  header: Header,
  edges: Edges,
  channels: number,
): void {
  const { width, height } = header;
  const [top, bottom] = widthsOf(edges);
  const fill = (y0: number, y1: number, x0: number, x1: number, colour: readonly number[]) => {
    const left = Math.max(x0 - part.x, 0);
    const right = Math.min(x1 - part.x, part.width);
    const last = Math.min(y1 - part.y, part.height);
    for (let y = Math.max(y0 - part.y, 0); y < last; y++) {
      for (let x = left; x < right; x++) {
        for (let c = 0; c < colour.length; c++) {
          samples[(y * part.width + x) * channels + c] = colour[c]!;
        }
      }
    }
  };
  const each = (
    side: Run[],
    draw: (from: number, to: number, colour: readonly number[]) => void,
  ) => {
    let from = 0;
    for (const { lines, colour } of side) {
      draw(from, from + lines, colour);
      from += lines;
    }
  };
  each(edges[0], (from, to, colour) => fill(from, to, 0, width, colour));
  each(edges[1], (from, to, colour) => fill(height - to, height - from, 0, width, colour));
  each(edges[2], (from, to, colour) => fill(top, height - bottom, from, to, colour));
  each(edges[3], (from, to, colour) =>
    fill(top, height - bottom, width - to, width - from, colour),
  );
}
