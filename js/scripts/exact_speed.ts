/**
 * How fast the entropy coder and exact layers are decoded, on one thread:
 *
 *     node scripts/exact_speed.ts FILE.pel...
 *
 * Prints symbols a second of three tables; then, of each file, megapixels and the best of five
 * times, of CPU in user mode. Files come from `pellucid compress --lossless`.
 */

import { readFileSync } from "node:fs";

import { PelFile } from "../src/bitstream/file.ts";
import { tileCount } from "../src/bitstream/header.ts";
import { AnsDecoder } from "../src/entropy/ans.ts";
import { ExactReader, pairAt } from "../src/exact/reader.ts";
import { ExactTables } from "../src/exact/tables.ts";

const MODEL = new URL("../../src/pellucid/models/exact/entropy.npz", import.meta.url);
const TIMES = 5;
const SYMBOLS = 2 ** 22;

const tables = await ExactTables.parse(new Uint8Array(readFileSync(MODEL)));
for (const number of [5, 40, 80]) {
  const words = new Uint8Array(crypto.getRandomValues(new Uint32Array(2 ** 14)).buffer);
  const payload = new Uint8Array(SYMBOLS * 2).map((_, at) => words[at % words.length]! | 1);
  const out = new Int32Array(SYMBOLS);
  const decode = () => new AnsDecoder(payload).decode(tables.table(number), out, 0, SYMBOLS);
  const seconds = await best(async () => decode());
  console.log(`table ${number}: ${(SYMBOLS / seconds / 1e6).toFixed(0)} million symbols a second`);
}
for (const path of process.argv.slice(2)) {
  const file = PelFile.parse(new Uint8Array(readFileSync(path)));
  const { width, height } = file.header;
  const seconds = await best(async () => {
    const reader = new ExactReader(file, "picture", tables, pairAt(file, "picture", 0));
    for (let number = 0; number < tileCount(file.header); number++) await reader.tile(number);
  });
  const size = (width * height) / 1e6;
  const rate = (size / seconds).toFixed(2);
  console.log(`${path}: ${size.toFixed(2)} MP in ${seconds.toFixed(3)} s, ${rate} MP/s`);
}

async function best(work: () => Promise<void>): Promise<number> {
  let least = Infinity;
  for (let time = 0; time < TIMES; time++) {
    const before = process.cpuUsage().user;
    await work();
    least = Math.min(least, process.cpuUsage().user - before);
  }
  return least / 1e6;
}
