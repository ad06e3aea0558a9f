/**
 * Copies what a decoder needs of the models in the Python package to a folder named by id each:
 * `node scripts/models.ts [TARGET]`, by default `dist/models`.
 */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const SOURCE = new URL("../../src/pellucid/models/", import.meta.url);
const CODEC = [
  "entropy.npz",
  "gains.npz",
  "hyper_decoder.onnx",
  "spatial_prior.onnx",
  "synthesis.onnx",
];
const EXACT = ["entropy.npz"];

/** Copy the codecs and the tables of exact layers; `index.json` there says which they are. */
export function copyModels(target: URL): void {
  const index: Record<string, string> = {};
  for (const name of readdirSync(SOURCE).sort()) {
    const folder = new URL(`${name}/`, SOURCE);
    if (!existsSync(new URL("entropy.npz", folder))) continue; // a denoiser
    const { id } = JSON.parse(readFileSync(new URL("card.json", folder), "utf-8"));
    index[id] = name;
    mkdirSync(new URL(`${id}/`, target), { recursive: true });
    const files = existsSync(new URL("synthesis.onnx", folder)) ? CODEC : EXACT;
    for (const file of files) copyFileSync(new URL(file, folder), new URL(`${id}/${file}`, target));
  }
  writeFileSync(new URL("index.json", target), `${JSON.stringify(index, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const given = process.argv[2];
  copyModels(
    given ? pathToFileURL(`${resolve(given)}/`) : new URL("../dist/models/", import.meta.url),
  );
}
