// Requests to the server: errors that say why, a busy server asked again, one that is gone named.

const FIGURES = "Pellucid-Figures";
const GONE = "The server does not answer. Is it still running? The next change asks it again.";
const UNREADABLE = "The file can't be read. Was it moved, changed or deleted, or is it a folder?";
const TRIES = 30; // of a server that is busy

/** What went wrong: `status` is the server's, 0 where it did not answer, null if not its doing. */
export class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * The answer to a request, which is not an error.
 *
 * @param {string} path below /page
 * @param {{method?: string, body?: BodyInit | object, signal?: AbortSignal,
 *   waiting?: (seconds: number) => void}} options `body` is sent as it is if it is a Blob, else as
 *   JSON; `waiting` is told when a busy server is asked again
 */
export async function ask(path, { method = "POST", body, signal, waiting = () => {} } = {}) {
  const binary = body instanceof Blob;
  const headers = body === undefined || binary ? {} : { "Content-Type": "application/json" };
  const sent = body === undefined || binary ? body : JSON.stringify(body);
  for (let tried = 1; ; tried += 1) {
    const answer = await reached(`/page/${path}`, { method, headers, body: sent, signal });
    if (answer.ok) return answer;
    if (answer.status !== 429 || tried === TRIES) throw await problemOf(answer);
    const seconds = Number(answer.headers.get("Retry-After")) || 1;
    waiting(seconds);
    await pause(1000 * seconds, signal);
  }
}

/** The same for pixels: an ImageData, or null where there are none, and the figures with it. */
export async function pixels(path, options) {
  const answer = await ask(path, options);
  const figures = JSON.parse(answer.headers.get(FIGURES));
  const bytes = new Uint8ClampedArray(await read(answer.arrayBuffer()));
  return { image: new ImageData(bytes, figures.width, figures.height), figures };
}

/** The same for JSON. */
export async function json(path, options) {
  return read((await ask(path, options)).json());
}

/** The same for a file. */
export async function blob(path, options) {
  return read((await ask(path, options)).blob());
}

/** Wait; ends early, with an AbortError, if the signal says so. */
export function pause(milliseconds, signal) {
  return new Promise((done, fail) => {
    const stop = () => {
      clearTimeout(timer);
      fail(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      done();
    }, milliseconds);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Whether something was only stopped, as something newer is wanted. */
export const isAbort = (error) => error?.name === "AbortError";

async function reached(address, options) {
  // first, as Firefox would wait for such a file for ever
  if (!(await readable(options.body))) throw new Problem(null, UNREADABLE);
  try {
    return await fetch(address, options);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw (await readable(options.body)) ? new Problem(0, GONE) : new Problem(null, UNREADABLE);
  }
}

/** Whether what was to be sent is there: files may be gone since they were chosen. */
async function readable(body) {
  try {
    const reader = body instanceof Blob ? body.stream().getReader() : null;
    await reader?.read(); // a slice of a file that is gone is empty instead
    await reader?.cancel();
    return true;
  } catch {
    return false;
  }
}

async function read(body) {
  try {
    return await body;
  } catch (error) {
    if (isAbort(error)) throw error;
    throw (await readable(options.body)) ? new Problem(0, GONE) : new Problem(null, UNREADABLE);
  }
}

async function problemOf(answer) {
  try {
    return new Problem(answer.status, (await answer.json()).message);
  } catch {
    return new Problem(answer.status, `The server answered with an error (${answer.status}).`);
  }
}
