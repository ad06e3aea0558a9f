/**
 * Builds the modules, minified, and beside them the runtime and the models:
 * `node scripts/build.ts [TARGET [NAME=MODULE...]]`, by default `dist`, without other modules.
 */

import { copyFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { build } from "esbuild";

import { copyModels } from "./models.ts";

const ROOT = new URL("../", import.meta.url);
const RUNTIME = createRequire(import.meta.url).resolve(
  "onnxruntime-web/ort-wasm-simd-threaded.wasm",
);

const MODULES = { index: "src/index.ts", worker: "src/worker.ts", img: "src/img.ts" };

/** Make the folder anew, with `more` modules, but for types, which `tsc` makes. */
export async function buildAll(target: URL, more: Record<string, string> = {}): Promise<void> {
  rmSync(target, { recursive: true, force: true });
  await build({
    absWorkingDir: fileURLToPath(ROOT),
    entryPoints: { ...MODULES, ...more },
    outdir: fileURLToPath(target),
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external: ["node:*", "module"], // asked for in Node alone
    logLevel: "warning",
  });
  copyFileSync(RUNTIME, new URL("runtime.wasm", target));
  copyModels(new URL("models/", target));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [given, ...more] = process.argv.slice(2);
  const target = given ? pathToFileURL(`${resolve(given)}/`) : new URL("dist/", ROOT);
  await buildAll(target, Object.fromEntries(more.map((one) => one.split("=") as [string, string])));
}
