/**
 * Decodes what `jobs.json` in a folder names, for tests in other languages: a list of files, in the
 * folder, with options. The samples go to `NUMBER.bin` there; of each job a line of JSON says their
 * type and shape, or the error.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { makeDecoder } from "./decoder.ts";

const folder = process.argv[2]!;
const decoder = makeDecoder();
const jobs = JSON.parse(readFileSync(join(folder, "jobs.json"), "utf-8"));
for (const [number, { file, options }] of jobs.entries()) {
  try {
    const data = new Uint8Array(readFileSync(join(folder, file)));
    const { type, height, width, channels, data: samples } = await decoder.decode(data, options);
    writeFileSync(join(folder, `${number}.bin`), samples);
    console.log(JSON.stringify({ type, shape: [height, width, channels] }));
  } catch (error) {
    console.log(JSON.stringify({ error: (error as Error).name }));
  }
}
