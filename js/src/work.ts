/**
 * The pieces of work that decoding is made of: each belongs to a file that was opened, and takes
 * and gives plain data, so that a worker can do it (`worker.ts`, `pool.ts`) or the thread that asks
 * (`direct.ts`).
 */

import { PelFile } from "./bitstream/file.ts";
import { BASE_LAYER, SIGNED, tileBox } from "./bitstream/header.ts";
import type { Limits } from "./bitstream/limits.ts";
import type { Box } from "./box.ts";
import { DamagedFileError, PellucidError } from "./errors.ts";
import { type ExactPart, ExactReader, tablesOf } from "./exact/reader.ts";
import type { Samples } from "./exact/types.ts";
import { latentsOf } from "./learned/geometry.ts";
import { decodeLatents, type TileLatents } from "./learned/latents.ts";
import { type LearnedSamples, synthesise } from "./learned/synthesis.ts";
import { ModelStore, type Places } from "./models.ts";
import type { Pair } from "./pair.ts";
import { readResource } from "./resource.ts";

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
  /** A tile of an exact layer, [h, w, channels]; `pair` is what a pair's tiles begin with. */
  exact: {
    task: { part: ExactPart; number: number; pair: Pair | undefined };
    result: Samples;
  };
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
  /** End it; work that waits fails. */
  close(): Promise<void>;
}

/** The error of work on what was closed meanwhile. */
export function closed(what: string): PellucidError {
  return new PellucidError(`${what} was closed before its work was done`);
}

/** A file, and the readers of its exact layers. */
interface Opened {
  readonly file: PelFile;
  readonly readers: Map<ExactPart, ExactReader>;
}

type Doers = {
  [K in Kind]: (
    models: ModelStore,
    opened: Opened,
    task: Work[K]["task"],
  ) => Promise<Work[K]["result"]>;
};

const DOERS: Doers = {
  async about(models, { file }) {
    const { latents, halo } = await models.codec(file.header.modelId);
    return { latents, halo };
  },
  async latents(models, { file }, { number }) {
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
  async synthesise(models, { file }, task) {
    const { header, sampleRange } = file;
    const { quality, channels, sampleType } = header;
    const more = { quality, channels, range: sampleRange, signed: sampleType === SIGNED };
    return synthesise(await models.codec(header.modelId), { ...task, ...more });
  },
  async exact(models, { file, readers }, { part, number, pair }) {
    let reader = readers.get(part);
    if (reader === undefined) {
      reader = new ExactReader(file, part, await models.tables(tablesOf(file, part)), pair);
      readers.set(part, reader);
    }
    return reader.tile(number);
  },
};

/** The files that are open on one thread, its models, and its work, one piece at a time. */
export class Bench {
  private readonly models: ModelStore;
  private readonly files = new Map<number, Opened>();
  private now: { file: number; control: AbortController } | undefined;

  constructor(places: Places) {
    this.models = new ModelStore(places, (url) => readResource(url, this.now!.control.signal));
  }

  /** Take a file in. Throws what `PelFile.parse` does. */
  open(number: number, data: Uint8Array, limits: Limits): void {
    this.files.set(number, { file: PelFile.parse(data, limits), readers: new Map() });
  }

  /** Forget a file; work on it that waits for a model rejects with an AbortError. */
  release(number: number): void {
    this.files.delete(number);
    if (this.now?.file === number) this.now.control.abort();
  }

  /** Do a piece of work; the one before must be done. */
  async perform<K extends Kind>(
    kind: K,
    number: number,
    task: Work[K]["task"],
  ): Promise<Work[K]["result"]> {
    const opened = this.files.get(number);
    if (opened === undefined) throw closed(`file ${number}`);
    this.now = { file: number, control: new AbortController() };
    try {
      return await DOERS[kind](this.models, opened, task);
    } finally {
      this.now = undefined;
    }
  }

  /** Forget everything; no work may be under way. */
  async close(): Promise<void> {
    this.files.clear();
    await this.models.close();
  }
}
