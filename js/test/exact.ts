/** The tables of exact layers that ship, and how tests read what is coded with them. */

import { readFileSync } from "node:fs";

import { type Header, tileBox, tilesUnder } from "../src/bitstream/header.ts";
import { type Box, place } from "../src/box.ts";
import type { ExactReader } from "../src/exact/reader.ts";
import { ExactTables } from "../src/exact/tables.ts";
import { type Samples, samplesOf } from "../src/exact/types.ts";

const FILE = new URL("../../src/pellucid/models/exact/entropy.npz", import.meta.url);

export const TABLES = await ExactTables.parse(new Uint8Array(readFileSync(FILE)));

/** The samples [height, width, channels] of a box of the picture. */
export async function readBox(reader: ExactReader, header: Header, box: Box): Promise<Samples> {
  const out = samplesOf(reader.type, box.width * box.height * reader.channels);
  for (const number of tilesUnder(header, box)) {
    place(await reader.tile(number), tileBox(header, number), out, box, reader.channels);
  }
  return out;
}
