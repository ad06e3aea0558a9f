/**
 * Workers that do pieces of work side by side, each with a runtime and models of its own. No memory
 * is shared, so it works from any static host.
 */

import { PellucidError, reviveError } from "./errors.ts";
import type { Limits } from "./bitstream/limits.ts";
import type { Kind, Places, Runner, Work } from "./work.ts";
import type { Answer, Request } from "./worker.ts";

interface Piece {
  readonly kind: Kind;
  readonly file: number;
  readonly task: Work[Kind]["task"];
  readonly done: (result: Work[Kind]["result"]) => void;
  readonly failed: (error: unknown) => void;
}

/** A worker, what it is doing, and the files that it has. */
interface Hand {
  readonly worker: Worker;
  readonly files: Set<number>;
  piece: Piece | undefined;
}

/** See `Runner`. */
export class Pool implements Runner {
  readonly width: number;
  private readonly hands: Hand[];
  private readonly waiting: Piece[] = [];
  private readonly files = new Map<number, { data: Uint8Array; limits: Limits }>();
  private count = 0;

  constructor(script: URL, places: Places, width: number) {
    this.width = width;
    this.hands = Array.from({ length: width }, () => this.hire(script, places));
  }

  open(data: Uint8Array, limits: Limits): number {
    this.files.set(this.count, { data, limits });
    return this.count++;
  }

  release(file: number): void {
    this.files.delete(file);
    for (const hand of this.hands) {
      if (hand.files.delete(file)) tell(hand, { say: "release", file });
    }
    for (const piece of this.waiting.filter((one) => one.file === file)) {
      this.waiting.splice(this.waiting.indexOf(piece), 1);
      piece.failed(closed(`file ${file}`));
    }
  }

  run<K extends Kind>(
    kind: K,
    file: number,
    task: Work[K]["task"],
  ): Promise<Work[K]["result"]> {
    return new Promise((resolve, reject) => {
      if (!this.files.has(file)) throw closed(`file ${file}`);
      const done = resolve as Piece["done"];
      this.waiting.push({ kind, file, task, done, failed: reject });
      this.next();
    });
  }

  close(): void {
    for (const hand of this.hands) {
      hand.worker.terminate();
      hand.piece?.failed(closed("the decoder"));
    }
    for (const piece of this.waiting.splice(0)) piece.failed(closed("the decoder"));
    this.files.clear();
  }

  private hire(script: URL, places: Places): Hand {
    const worker = new Worker(script, { type: "module" });
    const hand: Hand = { worker, files: new Set(), piece: undefined };
    tell(hand, { say: "start", places });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.take(hand, data);
    worker.onerror = (event) => {
      const why = event.message || `the script ${script.href} can't be loaded`;
      hand.piece?.failed(new PellucidError(`a worker failed: ${why}`));
      hand.piece = undefined;
      this.next();
    };
    return hand;
  }

  private take(hand: Hand, answer: Answer): void {
    const piece = hand.piece;
    hand.piece = undefined;
    this.next();
    if ("error" in answer) piece?.failed(reviveError(answer.error.name, answer.error.message));
    else piece?.done(answer.result);
  }

  /** Give what waits to whoever is free. */
  private next(): void {
    for (const hand of this.hands) {
      if (hand.piece !== undefined) continue;
      const piece = this.waiting.shift();
      if (piece === undefined) return;
      hand.piece = piece;
      this.give(hand, piece);
    }
  }

  private give(hand: Hand, { kind, file, task }: Piece): void {
    if (!hand.files.has(file)) {
      const { data, limits } = this.files.get(file)!;
      hand.files.add(file);
      const copy = data.slice();
      tell(hand, { say: "open", file, data: copy, limits }, [copy.buffer]);
    }
    const moved = task !== null && "y" in task ? [task.y.buffer as ArrayBuffer] : [];
    tell(hand, { say: "work", kind, file, task }, moved);
  }
}

function closed(what: string): PellucidError {
  return new PellucidError(`${what} was closed before its work was done`);
}

function tell(hand: Hand, request: Request, moved: Transferable[] = []): void {
  hand.worker.postMessage(request, moved);
}
