/**
 * Builds the demo page, which any static host serves: `node scripts/page.ts [TARGET]`, by default
 * `page-dist`. Its pictures are made by the Python package, with the interpreter `PYTHON`.
 */

import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { buildAll } from "./build.ts";

const ROOT = new URL("../", import.meta.url);
const SAMPLE = fileURLToPath(new URL("../src/pellucid/samples/chelsea.png", ROOT));
const PICTURES = {
  "chelsea.pel": ["--model", "m", "--quality", "60"],
  "chelsea-s.pel": ["--model", "s", "--quality", "30"],
  "chelsea-exact.pel": ["--max-error", "4"],
};

/** Make the folder anew. */
async function buildPage(target: URL): Promise<void> {
  await buildAll(target, { page: "page/page.ts" });
  for (const name of ["index.html", "page.css"]) {
    copyFileSync(new URL(`page/${name}`, ROOT), new URL(name, target));
  }
  const python = process.env.PYTHON ?? "python3";
  for (const [name, options] of Object.entries(PICTURES)) {
    const out = fileURLToPath(new URL(name, target));
    execFileSync(python, ["-m", "pellucid", "compress", SAMPLE, "--out", out, ...options]);
  }
}

const given = process.argv[2];
await buildPage(given ? pathToFileURL(`${resolve(given)}/`) : new URL("page-dist/", ROOT));
