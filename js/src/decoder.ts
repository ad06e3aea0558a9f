/** The decoder that pages and programs use: where files come from, and who does the work. */

import type { Limits } from "./bitstream/limits.ts";
import { type DecodeOptions, decodeBytes, fingerprintOf, type Picture } from "./decode.ts";
import { InputError, OptionError } from "./errors.ts";
import type { Places } from "./models.ts";
import { Pool } from "./pool.ts";
import { unlessAborted } from "./signal.ts";
import type { Runner } from "./work.ts";

const MOST_WORKERS = 4; // each has a runtime, which takes about 100 MB

/** Bytes of a file, or where to get them. */
export type PelInput = Uint8Array | ArrayBuffer | Blob | Response | URL | string;

/** Where a decoder's files lie (relative URLs are the page's), and how many workers it has. */
export interface DecoderOptions {
  /** URL of the folder of models; by default `models/` beside the module. */
  models?: string | URL;
  /** URL of the runtime; by default `runtime.wasm` beside the module. */
  runtime?: string | URL;
  /** URL of the worker's script; by default `worker.js` beside the module. */
  worker?: string | URL;
  /** Have the synthesis on the GPU; takes `gpu/` beside the module (`scripts/build.ts --gpu`). */
  gpu?: boolean;
  /** Workers: by default as many as there are cores, 4 at most; 0 decodes on the calling thread. */
  workers?: number;
}

/** Decodes files; workers and models that it has loaded serve the next one. */
export class PelDecoder {
  private readonly places: Places;
  private readonly script: URL | undefined;
  private readonly workers: number;
  private runner: Promise<Runner> | undefined;

  /** Throws OptionError. */
  constructor(options: DecoderOptions = {}) {
    const { models, runtime, worker, gpu } = options;
    const inPage = typeof Worker !== "undefined";
    const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
    this.workers = options.workers ?? (inPage ? Math.min(cores, MOST_WORKERS) : 0);
    if (!Number.isInteger(this.workers) || this.workers < 0) {
      throw new OptionError(`workers is ${this.workers}; it must be a whole number, 0 or more`);
    }
    const beside = (name: string) => new URL(name, import.meta.url);
    const folder = addressOf("models", models) ?? beside("models/");
    if (!folder.pathname.endsWith("/")) folder.pathname += "/";
    const wasm = gpu ? beside("gpu/runtime.wasm") : new URL("./runtime.wasm", import.meta.url);
    this.places = { models: folder.href, runtime: (addressOf("runtime", runtime) ?? wasm).href };
    this.script = addressOf("worker", worker) ?? (gpu ? beside("gpu/worker.js") : undefined);
  }

  /** Decode a picture. Rejects with one of the errors of `errors.ts`. */
  async decode(input: PelInput, options: DecodeOptions = {}): Promise<Picture> {
    const data = await bytesOf(input, options.signal);
    return decodeBytes(data, await this.start(), options);
  }

  /** The SHA-256 of a file's latents, or of an exact file's samples, in hexadecimal. */
  async fingerprint(input: PelInput, limits: Partial<Limits> = {}): Promise<string> {
    return fingerprintOf(await bytesOf(input), await this.start(), limits);
  }

  /** End the workers, and work that waits; a later call starts them again. */
  async close(): Promise<void> {
    const runner = this.runner;
    this.runner = undefined;
    await (await runner?.catch(() => undefined))?.close();
  }

  private start(): Promise<Runner> {
    if (this.runner === undefined) {
      const runner = this.makeRunner();
      this.runner = runner;
      runner.catch(() => {
        if (this.runner === runner) this.runner = undefined; // the next one tries again
      });
    }
    return this.runner;
  }

  private async makeRunner(): Promise<Runner> {
    if (this.workers > 0) return new Pool(this.script, this.places, this.workers);
    const { Direct } = await import("./direct.ts");
    return new Direct(this.places);
  }
}

/** Where a file of the options lies, as seen from the page. */
function addressOf(name: string, given: string | URL | undefined): URL | undefined {
  if (given === undefined) return undefined;
  const page = globalThis.document?.baseURI ?? globalThis.location?.href ?? import.meta.url;
  if (URL.canParse(`${given}`, page)) return new URL(given, page);
  throw new OptionError(`${name} is ${given}; it must be an address`);
}

/**
 * The bytes of an input. Throws InputError if they can't be had, and the signal's reason when that
 * is given.
 */
export async function bytesOf(input: PelInput, signal?: AbortSignal): Promise<Uint8Array> {
  if (input instanceof Uint8Array) {
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength); // no Buffer of Node's
  }
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  const what = input instanceof Blob ? "the Blob" : input instanceof Response ? input.url : input;
  try {
    return new Uint8Array(await unlessAborted(read(input, signal), signal));
  } catch (error) {
    signal?.throwIfAborted();
    throw new InputError(`${what || "the Response"} can't be read: ${(error as Error).message}`);
  }
}

async function read(
  input: Blob | Response | URL | string,
  signal: AbortSignal | undefined,
): Promise<ArrayBuffer> {
  const there = input instanceof Blob || input instanceof Response;
  const body = there ? input : await fetch(input, signal ? { signal } : {});
  if (body instanceof Response && !body.ok) throw new Error(`the server answers ${body.status}`);
  return body.arrayBuffer();
}
