/**
 * Builds the modules, minified, and beside them the runtime, the models and the licences:
 * `node scripts/build.ts [--gpu] [TARGET [NAME=MODULE...]]`, by default `dist`, without other
 * modules. `--gpu` adds `gpu/`, a worker that has the synthesis on the GPU, and its larger runtime.
 */

import { copyFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { build } from "esbuild";

import { copyModels } from "./models.ts";

const ROOT = new URL("../", import.meta.url);
const resolveFile = createRequire(import.meta.url).resolve;
const RUNTIME = resolveFile("onnxruntime-web/ort-wasm-simd-threaded.wasm");
const GPU_RUNTIME = resolveFile("onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm");

const MODULES = { index: "src/index.ts", worker: "src/worker.ts", img: "src/img.ts" };

/** Make the folder anew, with `more` modules, but for types, which `tsc` makes. */
export async function buildAll(target: URL, more: Record<string, string> = {}): Promise<void> {
  rmSync(target, { recursive: true, force: true });
  await bundle({ ...MODULES, ...more }, target, []);
  copyFileSync(RUNTIME, new URL("runtime.wasm", target));
  copyFileSync(new URL("../LICENSE", ROOT), new URL("LICENSE", target));
  copyFileSync(new URL("NOTICE", ROOT), new URL("NOTICE", target));
  copyModels(new URL("models/", target));
}

/** Add the worker for GPUs to the folder. */
async function buildGpu(target: URL): Promise<void> {
  const folder = new URL("gpu/", target);
  await bundle({ worker: MODULES.worker }, folder, ["gpu"]);
  copyFileSync(GPU_RUNTIME, new URL("runtime.wasm", folder));
}

async function bundle(
  entryPoints: Record<string, string>,
  target: URL,
  conditions: string[],
): Promise<void> {
  await build({
    absWorkingDir: fileURLToPath(ROOT),
    entryPoints,
    outdir: fileURLToPath(target),
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    conditions,
    external: ["node:*", "module"], // asked for in Node alone
    logLevel: "warning",
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [given, ...more] = process.argv.slice(2).filter((one) => one !== "--gpu");
  const target = given ? pathToFileURL(`${resolve(given)}/`) : new URL("dist/", ROOT);
  await buildAll(target, Object.fromEntries(more.map((one) => one.split("=") as [string, string])));
  if (process.argv.includes("--gpu")) await buildGpu(target);
}
