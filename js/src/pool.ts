/**
 * Workers that do pieces of work side by side, each with a runtime and models of its own. No memory
 * is shared, so it works from any static host.
 */

import type { Limits } from "./bitstream/limits.ts";
import { ModelError, PellucidError, reviveError } from "./errors.ts";
import type { Places } from "./models.ts";
import { closed, type Kind, type Runner, type Work } from "./work.ts";
import type { Answer, Request } from "./worker.ts";

interface Piece {
  readonly kind: Kind;
  readonly file: number;
  readonly task: Work[Kind]["task"];
  readonly done: (result: Work[Kind]["result"]) => void;
  readonly failed: (error: unknown) => void;
}

/** A worker, started with its first piece, what it is doing, and the files that it has. */
interface Hand {
  worker: Worker | undefined;
  readonly files: Set<number>;
  piece: Piece | undefined;
}

/** See `Runner`. */
export class Pool implements Runner {
  readonly width: number;
  private readonly script: URL | undefined;
  private readonly places: Places;
  private readonly hands: Hand[];
  private readonly waiting: Piece[] = [];
  private readonly files = new Map<number, { data: Uint8Array; limits: Limits }>();
  private count = 0;

  /** @param script the worker's; undefined for the one beside this module */
  constructor(script: URL | undefined, places: Places, width: number) {
    this.script = script;
    this.places = places;
    this.width = width;
    this.hands = Array.from({ length: width }, () => {
      return { worker: undefined, files: new Set(), piece: undefined };
    });
  }

  open(data: Uint8Array, limits: Limits): number {
    this.files.set(this.count, { data, limits });
    return this.count++;
  }

  release(file: number): void {
    this.files.delete(file);
    for (const hand of this.hands) {
      if (hand.files.delete(file)) hand.worker?.postMessage({ say: "release", file });
    }
    for (const piece of this.waiting.filter((one) => one.file === file)) {
      this.waiting.splice(this.waiting.indexOf(piece), 1);
      piece.failed(closed(`file ${file}`));
    }
  }

  run<K extends Kind>(kind: K, file: number, task: Work[K]["task"]): Promise<Work[K]["result"]> {
    return new Promise((resolve, reject) => {
      if (!this.files.has(file)) throw closed(`file ${file}`);
      const done = resolve as Piece["done"];
      this.waiting.push({ kind, file, task, done, failed: reject });
      this.next();
    });
  }

  async close(): Promise<void> {
    for (const hand of this.hands) {
      hand.worker?.terminate();
      hand.piece?.failed(closed("the decoder"));
    }
    for (const piece of this.waiting.splice(0)) piece.failed(closed("the decoder"));
    this.files.clear();
  }

  /** Start a hand's worker. */
  private hire(hand: Hand): Worker {
    const worker = this.script
      ? new Worker(this.script, { type: "module" })
      : new Worker(new URL("./worker.js", import.meta.url), { type: "module" }); // as bundlers know
    worker.postMessage({ say: "start", places: this.places } satisfies Request);
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.take(hand, data);
    worker.onerror = (event) => {
      const script = this.script?.href ?? "worker.js beside the module";
      const why = event.message || `the script ${script} can't be loaded`;
      const { piece } = hand;
      dismiss(hand);
      piece?.failed(new PellucidError(`a worker failed: ${why}`));
      this.next();
    };
    return worker;
  }

  private take(hand: Hand, answer: Answer): void {
    const { piece } = hand;
    hand.piece = undefined;
    if ("error" in answer) {
      const error = reviveError(answer.error.name, answer.error.message);
      if (isBroken(error)) dismiss(hand);
      piece?.failed(error);
    } else piece?.done(answer.result);
    this.next();
  }

  /** Give what waits to whoever is free. */
  private next(): void {
    for (const hand of this.hands) {
      if (hand.piece !== undefined) continue;
      const piece = this.waiting.shift();
      if (piece === undefined) return;
      try {
        this.give(hand, piece);
        hand.piece = piece;
      } catch (error) {
        const why = (error as Error).message;
        piece.failed(new PellucidError(`a worker can't be started: ${why}`));
      }
    }
  }

  private give(hand: Hand, { kind, file, task }: Piece): void {
    const worker = (hand.worker ??= this.hire(hand));
    const tell = (request: Request, moved: Transferable[]) => worker.postMessage(request, moved);
    if (!hand.files.has(file)) {
      const { data, limits } = this.files.get(file)!;
      const copy = data.slice();
      hand.files.add(file);
      tell({ say: "open", file, data: copy, limits }, [copy.buffer]);
    }
    const moved = task !== null && "y" in task ? [task.y.buffer as ArrayBuffer] : [];
    tell({ say: "work", kind, file, task }, moved);
  }
}

/** End a hand's worker. It is replaced when there is work for it again. */
function dismiss(hand: Hand): void {
  hand.worker?.terminate();
  hand.worker = hand.piece = undefined;
  hand.files.clear();
}

/** Whether a worker has a runtime that may be of no use any more: it can't be set up twice. */
function isBroken(error: Error): boolean {
  const meant = error instanceof PellucidError || error.name === "AbortError";
  return error instanceof ModelError || !meant;
}
