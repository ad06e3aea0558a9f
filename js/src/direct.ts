/** Work on the thread that asks for it, one piece after the other: for Node. */

import type { Limits } from "./bitstream/limits.ts";
import { Bench, type Kind, type Places, type Runner, type Work } from "./work.ts";

/** See `Runner`. */
export class Direct implements Runner {
  readonly width = 1;
  private readonly bench: Bench;
  private files = 0;
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
    const next = this.last.then(pause).then(() => this.bench.perform(kind, file, task));
    this.last = next.catch(() => undefined);
    return next;
  }

  close(): void {}
}

/** Let timers, signals and other requests have their turn. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
