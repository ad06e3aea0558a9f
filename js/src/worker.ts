/** The worker: a `Bench` behind messages. The first message says where models and runtime lie. */

import type { Limits } from "./bitstream/limits.ts";
import type { Places } from "./models.ts";
import { Bench, type Kind, type Work } from "./work.ts";

/** What a worker is told. */
export type Request =
  | { say: "start"; places: Places }
  | { say: "open"; file: number; data: Uint8Array; limits: Limits }
  | { say: "release"; file: number }
  | { say: "work"; kind: Kind; file: number; task: Work[Kind]["task"] };

/** What it answers to work, of which it gets one piece at a time. */
export type Answer =
  { result: Work[Kind]["result"] } | { error: { name: string; message: string } };

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(answer: Answer, transfer: Transferable[]): void;
};
let bench: Bench;

scope.onmessage = async ({ data: request }) => {
  if (request.say === "start") bench = new Bench(request.places);
  else if (request.say === "open") bench.open(request.file, request.data, request.limits);
  else if (request.say === "release") bench.release(request.file);
  else {
    const { kind, file, task } = request;
    try {
      const result = await bench.perform(kind, file, task);
      scope.postMessage({ result }, buffersOf(result));
    } catch (error) {
      const { name, message } = error as Error;
      scope.postMessage({ error: { name, message } }, []);
    }
  }
};

/** The memory that a result hands over in place of a copy. */
function buffersOf(result: object): ArrayBuffer[] {
  const arrays = ArrayBuffer.isView(result) ? [result] : Object.values(result);
  return arrays.filter(ArrayBuffer.isView).map((array) => array.buffer as ArrayBuffer);
}
