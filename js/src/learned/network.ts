/**
 * Networks in ONNX Runtime Web: WASM with SIMD, one thread; where it is built so (`ort-gpu.ts`),
 * those that decide no bits on the GPU.
 *
 * Several workers, each with a runtime of its own, do tiles side by side; so no memory is shared
 * between threads, which pages may do only where their server sends special headers.
 */

import { GPU, ort } from "#ort";

import type { InferenceSession } from "onnxruntime-web";

import { ModelError } from "../errors.ts";
import { readResource } from "../resource.ts";

/** A tensor of float32, or of uint8 where the network gives that. */
export type Tensor = import("onnxruntime-web").Tensor;
export type Tensors = Record<string, Tensor>;

let ready: Promise<void> | undefined;

/** Set the runtime up, once, with its file at `wasm`. */
export function setUpRuntime(wasm: URL): Promise<void> {
  return (ready ??= configure(wasm));
}

async function configure(wasm: URL): Promise<void> {
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
  if (wasm.protocol !== "file:") {
    ort.env.wasm.wasmPaths = { wasm: wasm.href };
    return;
  }
  const binary = await readResource(wasm);
  if (binary === undefined) throw new ModelError(`the runtime is missing: ${wasm.href}`);
  ort.env.wasm.wasmBinary = binary;
}

/** A loaded network: named tensors in, named tensors out. */
export class Network {
  private readonly session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.session = session;
  }

  /**
   * Load an ONNX file's bytes. Throws ModelError if they aren't one.
   *
   * @param exact whether every machine must compute the same
   */
  static async load(name: string, bytes: Uint8Array, exact: boolean): Promise<Network> {
    const executionProviders = GPU && !exact ? ["webgpu", "wasm"] : ["wasm"];
    const options = { executionProviders, logSeverityLevel: 3 } as const; // errors alone
    try {
      return new Network(await ort.InferenceSession.create(bytes, options));
    } catch (error) {
      throw new ModelError(`the network ${name} can't be loaded: ${(error as Error).message}`);
    }
  }

  /** Run it for the outputs named, or all. */
  run(inputs: Tensors, outputs?: string[]): Promise<Tensors> {
    return this.session.run(inputs, outputs ?? [...this.session.outputNames]) as Promise<Tensors>;
  }
}

/** A tensor of float32 over the data, which isn't copied. */
export function tensorOf(data: Float32Array, shape: readonly number[]): Tensor {
  return new ort.Tensor("float32", data, shape);
}
