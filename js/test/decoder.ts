/** A decoder on this thread, with models from the Python package and the runtime of the npm package. */

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

import { PelDecoder } from "../src/decoder.ts";
import { copyModels } from "../scripts/models.ts";

const MODELS = new URL("../dist/models/", import.meta.url);
const RUNTIME = createRequire(import.meta.url).resolve(
  "onnxruntime-web/ort-wasm-simd-threaded.wasm",
);

/** Decodes on this thread. */
export function makeDecoder(): PelDecoder {
  copyModels(MODELS);
  return new PelDecoder({ models: MODELS, runtime: pathToFileURL(RUNTIME) });
}
