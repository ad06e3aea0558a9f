/**
 * The pieces of work that decoding is made of. Each takes and gives plain data, so that a worker can
 * do it (`worker.ts`, `pool.ts`), or the thread that asks (`Direct`).
 */


import { decodeLatents, type TileLatents } from "./learned/latents.ts";
import { setUpRuntime } from "./learned/network.ts";
import { type LearnedSamples, synthesise, type Window } from "./learned/synthesis.ts";
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
  about: { task: { model: string }; result: { latents: number; halo: number } };
  latents: {
    task: { model: string; payload: Uint8Array; quality: number; height: number; width: number };
    result: TileLatents;
  };
  synthesise: { task: { model: string; window: Window }; result: LearnedSamples };
}

export type Kind = keyof Work;

/** Does work, on this thread or others. */
export interface Runner {
  /** How many pieces of work it does at once. */
  readonly width: number;
  run<K extends Kind>(kind: K, task: Work[K]["task"]): Promise<Work[K]["result"]>;
  /** End it; work that isn't done fails. */
  close(): void;
}

type Workers = { [K in Kind]: (store: ModelStore, task: Work[K]["task"]) => Promise<Work[K]["result"]> };

const WORKERS: Workers = {
  async about(store, { model }) {
    const { latents, halo } = await store.codec(model);
    return { latents, halo };
  },
  async latents(store, { model, payload, quality, height, width }) {
    return decodeLatents(await store.codec(model), payload, quality, height, width);
  },
  async synthesise(store, { model, window }) {
    return synthesise(await store.codec(model), window);
  },
};

/** Does one piece of work after the other on this thread. */
export class Direct implements Runner {
  readonly width = 1;
  private readonly store: ModelStore;
  private readonly runtime: URL;
  private last: Promise<unknown> = Promise.resolve();

  constructor(places: Places) {
    this.store = new ModelStore(new URL(places.models));
    this.runtime = new URL(places.runtime);
  }

  run<K extends Kind>(kind: K, task: Work[K]["task"]): Promise<Work[K]["result"]> {
    const next = this.last.then(() => this.perform(kind, task));
    this.last = next.catch(() => undefined);
    return next;
  }

  close(): void {}

  private async perform<K extends Kind>(
    kind: K,
    task: Work[K]["task"],
  ): Promise<Work[K]["result"]> {
    await setUpRuntime(this.runtime);
    return WORKERS[kind](this.store, task);
  }
}
