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

/** A function that is called at once, and again when its calls have stopped for some milliseconds. */
export function settled(call, milliseconds) {
  let timer = 0;
  let again = false;
  const rest = () => {
    timer = 0;
    if (again) call();
  };
  return () => {
    again = timer !== 0;
    clearTimeout(timer);
    timer = setTimeout(rest, milliseconds);
    if (!again) call();
  };
}
