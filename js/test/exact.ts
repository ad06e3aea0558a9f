/** The tables of exact layers that ship. */

import { readFileSync } from "node:fs";

import { ExactTables } from "../src/exact/tables.ts";

const FILE = new URL("../../src/pellucid/models/exact/entropy.npz", import.meta.url);

export const TABLES = await ExactTables.parse(new Uint8Array(readFileSync(FILE)));
