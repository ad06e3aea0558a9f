/** Prints the fingerprint of each file that is named, one a line: for tests in other languages. */

import { readFileSync } from "node:fs";

import { makeDecoder } from "./decoder.ts";

const decoder = makeDecoder();
for (const path of process.argv.slice(2)) {
  console.log(await decoder.fingerprint(new Uint8Array(readFileSync(path))));
}
