/**
 * Networks in ONNX Runtime Web: WASM with SIMD, one thread.
 *
 * Several workers, each with a runtime of its own, do tiles side by side; so no memory is shared
 * between threads, which pages may do only where their server sends special headers.
 */

import * as ort from "onnxruntime-web/wasm";

import { ModelError } from "../errors.ts";
import { readResource } from "../resource.ts";

/** A tensor of float32, or of uint8 where the network gives that. */
export type Tensor = ort.Tensor;
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
  private readonly session: ort.InferenceSession;

  private constructor(session: ort.InferenceSession) {
    this.session = session;
  }

  /** Load an ONNX file's bytes. Throws ModelError if they aren't one. */
  static async load(name: string, bytes: Uint8Array): Promise<Network> {
    try {
      return new Network(await ort.InferenceSession.create(bytes));
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
