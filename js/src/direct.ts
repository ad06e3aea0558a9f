/** Work on the thread that asks for it, one piece after the other: for Node. */

import type { Limits } from "./bitstream/limits.ts";
import type { Places } from "./models.ts";
import { Bench, closed, type Kind, type Runner, type Work } from "./work.ts";

/** See `Runner`. */
export class Direct implements Runner {
  readonly width = 1;
  private readonly bench: Bench;
  private files = 0;
  private ended = false;
  private last: Promise<unknown> = Promise.resolve();

  constructor(places: Places) {
    this.bench = new Bench(places);
  }

  open(data: Uint8Array, limits: Limits): number {
    this.bench.open(this.files, data, limits);
    return this.files++;
  }

  release(file: number): void {
    this.bench.release(file);
  }

  run<K extends Kind>(kind: K, file: number, task: Work[K]["task"]): Promise<Work[K]["result"]> {
    const next = this.last.then(pause).then(() => {
      if (this.ended) throw closed("the decoder");
      return this.bench.perform(kind, file, task);
    });
    this.last = next.catch(() => undefined);
    return next;
  }

  async close(): Promise<void> {
    this.ended = true;
    await this.last;
    await this.bench.close();
  }
}

/** Let timers, signals and other requests have their turn. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
