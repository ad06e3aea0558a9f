/**
 * A decoder on this thread, with models from the Python package and the runtime of the npm
 * package.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { PelDecoder } from "../src/decoder.ts";
import { copyModels } from "../scripts/models.ts";

/** Where the runtime lies. */
export const RUNTIME = pathToFileURL(
  createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"),
);

/** A folder of models that goes with the process. */
export function makeModels(): URL {
  const folder = mkdtempSync(join(tmpdir(), "pellucid-"));
  process.on("exit", () => rmSync(folder, { recursive: true }));
  const models = pathToFileURL(`${folder}/`);
  copyModels(models);
  return models;
}

/** Decodes on this thread. */
export function makeDecoder(): PelDecoder {
  return new PelDecoder({ models: makeModels(), runtime: RUNTIME });
}
