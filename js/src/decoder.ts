/** The decoder that pages and programs use: where files come from, and who does the work. */

import type { Limits } from "./bitstream/limits.ts";
import { type DecodeOptions, decodeBytes, fingerprintOf, type Picture } from "./decode.ts";
import { InputError, OptionError } from "./errors.ts";
import { Pool } from "./pool.ts";
import type { Places, Runner } from "./work.ts";

const MOST_WORKERS = 4; // each has a runtime, which takes about 100 MB

/** Bytes of a file, or where to get them. */
export type PelInput = Uint8Array | ArrayBuffer | Blob | Response | URL | string;

/** Where a decoder's files lie and how many workers it has. */
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
  private readonly options: DecoderOptions;
  private runner: Promise<Runner> | undefined;

  constructor(options: DecoderOptions = {}) {
    const { workers } = options;
    if (workers !== undefined && (!Number.isInteger(workers) || workers < 0)) {
      throw new OptionError(`workers is ${workers}; it must be a whole number, 0 or more`);
    }
    this.options = options;
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

  /** End the workers; a later call starts them again. */
  async close(): Promise<void> {
    const runner = this.runner;
    this.runner = undefined;
    (await runner)?.close();
  }

  private start(): Promise<Runner> {
    this.runner ??= makeRunner(this.options);
    return this.runner;
  }
}

async function makeRunner(options: DecoderOptions): Promise<Runner> {
  const beside = (name: string) => new URL(name, import.meta.url);
  const folder = options.gpu ? "./gpu/" : "./";
  const places: Places = {
    models: `${options.models ?? beside("./models/")}`,
    runtime: `${options.runtime ?? beside(`${folder}runtime.wasm`)}`,
  };
  const inPage = typeof Worker !== "undefined";
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  const count = options.workers ?? (inPage ? Math.min(cores, MOST_WORKERS) : 0);
  const script = new URL(options.worker ?? beside(`${folder}worker.js`));
  if (count > 0) return new Pool(script, places, count);
  const { Direct } = await import("./direct.ts");
  return new Direct(places);
}

/** The bytes of an input. Throws InputError if they can't be had. */
export async function bytesOf(input: PelInput, signal?: AbortSignal): Promise<Uint8Array> {
  if (input instanceof Uint8Array) {
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength); // no Buffer of Node's
  }
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  const there = input instanceof Blob || input instanceof Response;
  const body = there ? input : await get(input, signal);
  if (body instanceof Response && !body.ok) {
    throw new InputError(`${body.url}: the server answers ${body.status}`);
  }
  return new Uint8Array(await body.arrayBuffer());
}

async function get(url: URL | string, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await fetch(url, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw new InputError(`${url} can't be fetched: ${(error as Error).message}`);
  }
}
