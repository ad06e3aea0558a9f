/**
 * The critical chunks beside the header: RANG, ALPH, EDGE, KEPT and FMAP, each with its checks.
 *
 * `docs/format.md`, sections 2, 8, 12 and 15 to 17. All are checked as soon as they are met, but
 * for FMAP, which is checked when floats are decoded.
 */

import { viewOf } from "./chunk.ts";
import { readEdges } from "./edges.ts";
import {
  ALPHA_LAYER,
  FLOAT,
  hasLayer,
  type Header,
  hexOf,
  SIGNED,
  SOURCE_LAYER,
} from "./header.ts";
import { MODEL_ID_BYTES, MOST_BOUND } from "./limits.ts";

export const EXTRAS = ["FMAP", "RANG", "ALPH", "EDGE", "KEPT"];

/** The samples that the network's 0 and 255 stand for. */
export interface SampleRange {
  readonly low: number;
  readonly high: number;
}

/** The id of the tables that a source is coded with, and the largest error of its samples. */
export interface Kept {
  readonly modelId: string;
  readonly bound: number;
}

/** The range in a payload of RANG. */
export function readRange(payload: Uint8Array): SampleRange {
  const view = viewOf(payload);
  return { low: view.getInt32(0, true), high: view.getInt32(4, true) };
}

/** What a payload of KEPT says. */
export function readKept(payload: Uint8Array): Kept {
  return {
    modelId: hexOf(payload.subarray(0, MODEL_ID_BYTES)),
    bound: viewOf(payload).getUint16(MODEL_ID_BYTES, true),
  };
}

/** Lowest and highest value of integer samples of a header's type. */
export function endsOf(header: Header): SampleRange {
  const low = header.sampleType === SIGNED ? -(2 ** (header.bitDepth - 1)) : 0;
  return { low, high: low + 2 ** header.bitDepth - 1 };
}

/** The chunks without which a file of this header isn't whole. */
export function requiredExtras(header: Header): string[] {
  const found: string[] = [];
  if (needsRange(header)) found.push("RANG");
  if (hasLayer(header, ALPHA_LAYER)) found.push("ALPH");
  if (hasLayer(header, SOURCE_LAYER)) found.push("KEPT");
  return found;
}

/** What is wrong with a chunk of EXTRAS in a file of this header; undefined if nothing. */
export function extrasProblem(
  header: Header,
  type: string,
  payload: Uint8Array,
): string | undefined {
  const wrong = (wanted: number) =>
    payload.length === wanted ? undefined : `holds ${payload.length} bytes, not ${wanted}`;
  switch (type) {
    case "ALPH":
      if (hasLayer(header, ALPHA_LAYER)) return wrong(MODEL_ID_BYTES);
      return "names the tables of an alpha layer, in a file that has none";
    case "KEPT": {
      if (!hasLayer(header, SOURCE_LAYER)) {
        return "names the tables of a source, in a file that has none";
      }
      const problem = wrong(MODEL_ID_BYTES + 2);
      if (problem) return problem;
      const { bound } = readKept(payload);
      return bound > MOST_BOUND ? `gives a bound of ${bound}, above ${MOST_BOUND}` : undefined;
    }
    case "EDGE": {
      const edges = readEdges(header, payload);
      return typeof edges === "string" ? edges : undefined;
    }
    case "FMAP":
      return header.sampleType === FLOAT ? undefined : "is a map of floats, in a file of none";
    default:
      return wrong(8) ?? rangeProblem(header, readRange(payload));
  }
}

function needsRange(header: Header): boolean {
  return hasLayer(header, 0) && header.bitDepth === 16 && header.sampleType !== FLOAT;
}

function rangeProblem(header: Header, found: SampleRange): string | undefined {
  if (!needsRange(header)) return "gives the range of 16-bit samples with loss, in a file of none";
  const most = endsOf(header);
  if (most.low <= found.low && found.low <= found.high && found.high <= most.high) return undefined;
  return `says that samples lie in ${found.low} .. ${found.high}, which can't be`;
}
