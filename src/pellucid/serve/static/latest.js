// The last request wins: what is begun anew ends what went before, also at the server.

import { isAbort } from "./api.js";

export class Latest {
  #controller = new AbortController();

  /**
   * Stop what runs, and run this instead. Resolves when it is done or was stopped itself.
   *
   * @param {(signal: AbortSignal) => Promise<void>} task
   * @param {(error: Error) => void} failed told of what goes wrong, but not of being stopped
   */
  async run(task, failed) {
    this.stop();
    const { signal } = this.#controller;
    try {
      await task(signal);
    } catch (error) {
      if (!isAbort(error) && !signal.aborted) failed(error);
    }
  }

  /** Stop what runs. */
  stop() {
    this.#controller.abort();
    this.#controller = new AbortController();
  }
}

/** A function that is called once its calls have stopped for so many milliseconds. */
export function settled(call, milliseconds) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(call, milliseconds);
  };
}
