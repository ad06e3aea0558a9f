/**
 * Networks in ONNX Runtime Web: WASM with SIMD, one thread; where it is built so (`ort-gpu.ts`),
 * those that decide no bits on the GPU.
 *
 * Several workers, each with a runtime of its own, do tiles side by side; so no memory is shared
 * between threads, which pages may do only where their server sends special headers.
 */

import { GPU, ort } from "#ort";

import { ModelError } from "../errors.ts";

/** A tensor of float32, or of uint8 where the network gives that. */
export interface Tensor {
  readonly data: unknown;
  readonly dims: readonly number[];
}
export type Tensors = Record<string, Tensor>;

const MAGIC = "\0asm";

let ready: Promise<void> | undefined;

/**
 * Set the runtime up, once, with the bytes of its .wasm. Throws ModelError if they aren't that, or
 * what `read` does; the next call tries again.
 */
export function setUpRuntime(read: () => Promise<Uint8Array>): Promise<void> {
  if (ready === undefined) {
    ready = configure(read);
    ready.catch(() => (ready = undefined));
  }
  return ready;
}

async function configure(read: () => Promise<Uint8Array>): Promise<void> {
  const binary = await read();
  if (String.fromCharCode(...binary.subarray(0, MAGIC.length)) !== MAGIC) {
    throw new ModelError("the runtime is no WebAssembly; put the package's runtime.wasm there");
  }
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = binary;
}

type Session = Awaited<ReturnType<typeof ort.InferenceSession.create>>;

/** A loaded network: named tensors in, named tensors out. */
export class Network {
  private readonly session: Session;

  private constructor(session: Session) {
    this.session = session;
  }

  /**
   * Load an ONNX file's bytes. Throws ModelError if they aren't one.
   *
   * @param exact whether every machine must compute the same
   */
  static async load(bytes: Uint8Array, name: string, exact: boolean): Promise<Network> {
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
    const given = inputs as Parameters<Session["run"]>[0];
    return this.session.run(given, outputs ?? [...this.session.outputNames]);
  }

  /** Give its memory back; it can't run any more. */
  async close(): Promise<void> {
    await this.session.release();
  }
}

/** A tensor of float32 over the data, which isn't copied. */
export function tensorOf(data: Float32Array, shape: readonly number[]): Tensor {
  return new ort.Tensor("float32", data, shape);
}
