/**
 * The pieces of work that decoding is made of: each belongs to a file that was opened, and takes
 * and gives plain data, so that a worker can do it (`worker.ts`, `pool.ts`) or the thread that asks
 * (`direct.ts`).
 */

import { PelFile } from "./bitstream/file.ts";
import { BASE_LAYER, SIGNED, tileBox } from "./bitstream/header.ts";
import type { Limits } from "./bitstream/limits.ts";
import type { Box } from "./box.ts";
import { DamagedFileError } from "./errors.ts";
import { type ExactPart, ExactReader, tablesOf } from "./exact/reader.ts";
import type { Samples, SampleType } from "./exact/types.ts";
import { latentsOf } from "./learned/geometry.ts";
import { decodeLatents, type TileLatents } from "./learned/latents.ts";
import { setUpRuntime } from "./learned/network.ts";
import { type LearnedSamples, synthesise } from "./learned/synthesis.ts";
import { ModelStore } from "./models.ts";

/** Where the files beside the module lie. */
export interface Places {
  /** URL of the folder of models, with a slash at its end. */
  models: string;
  /** URL of the runtime's .wasm. */
  runtime: string;
}

/** What each kind of work takes and gives. */
export interface Work {
  /** Channels of y, and the reach of the synthesis in latents. */
  about: { task: null; result: { latents: number; halo: number } };
  latents: { task: { number: number }; result: TileLatents };
  /** y [M, height, width] of a window -> samples of a part of it. */
  synthesise: {
    task: { y: Float32Array; height: number; width: number; part: Box };
    result: LearnedSamples;
  };
  /** Samples of a pixel, their type, and their largest error, of what lies in an exact layer. */
  layout: {
    task: { part: ExactPart };
    result: { channels: number; type: SampleType; maxError: number };
  };
  /** A tile of an exact layer, [h, w, channels]. */
  exact: { task: { part: ExactPart; number: number }; result: Samples };
}

export type Kind = keyof Work;

/** Does work, on this thread or others. */
export interface Runner {
  /** How many pieces of work it does at once. */
  readonly width: number;
  /** Take a file in, whose bytes must not change; returns what it is called from now on. */
  open(data: Uint8Array, limits: Limits): number;
  /** Forget a file. */
  release(file: number): void;
  run<K extends Kind>(kind: K, file: number, task: Work[K]["task"]): Promise<Work[K]["result"]>;
  /** End it; work that isn't done fails. */
  close(): void;
}

type Doers = {
  [K in Kind]: (bench: Bench, file: PelFile, task: Work[K]["task"]) => Promise<Work[K]["result"]>;
};

const DOERS: Doers = {
  async about({ models }, { header }) {
    const { latents, halo } = await models.codec(header.modelId);
    return { latents, halo };
  },
  async latents({ models }, file, { number }) {
    const { header } = file;
    const { height, width } = latentsOf(tileBox(header, number));
    const payload = file.tile(number, BASE_LAYER);
    const model = await models.codec(header.modelId);
    try {
      return await decodeLatents(model, payload, header.quality, height, width);
    } catch (error) {
      if (error instanceof DamagedFileError) error.message = `tile ${number}: ${error.message}`;
      throw error;
    }
  },
  async synthesise({ models }, { header, sampleRange }, task) {
    const { quality, channels, sampleType } = header;
    const more = { quality, channels, range: sampleRange, signed: sampleType === SIGNED };
    return synthesise(await models.codec(header.modelId), { ...task, ...more });
  },
  async layout({ models }, file, { part }) {
    const { channels, type, maxError } = await readerOf(models, file, part);
    return { channels, type, maxError };
  },
  async exact({ models }, file, { part, number }) {
    return (await readerOf(models, file, part)).tile(number);
  },
};

async function readerOf(models: ModelStore, file: PelFile, part: ExactPart): Promise<ExactReader> {
  return new ExactReader(file, part, await models.tables(tablesOf(file, part)));
}

/** The files that are open on one thread, its models, and its work. */
export class Bench {
  readonly models: ModelStore;
  private readonly runtime: URL;
  private readonly files = new Map<number, PelFile>();

  constructor(places: Places) {
    this.models = new ModelStore(new URL(places.models));
    this.runtime = new URL(places.runtime);
  }

  /** Take a file in. Throws what `PelFile.parse` does. */
  open(file: number, data: Uint8Array, limits: Limits): void {
    this.files.set(file, PelFile.parse(data, limits));
  }

  release(file: number): void {
    this.files.delete(file);
  }

  async perform<K extends Kind>(
    kind: K,
    file: number,
    task: Work[K]["task"],
  ): Promise<Work[K]["result"]> {
    const opened = this.files.get(file);
    if (opened === undefined) throw new Error(`no file ${file} is open`);
    await setUpRuntime(this.runtime);
    return DOERS[kind](this, opened, task);
  }
}
