/** Files beside the module: fetched in browsers, read from disk in Node. */

import { ModelError } from "./errors.ts";

const MOST_SILENCE = 30_000; // milliseconds without a byte, after which a host is given up

/**
 * The bytes behind a URL; undefined if there is nothing, or a page where a host has one for every
 * address. Throws ModelError if it can't be read, and the signal's reason when that is given.
 */
export async function readResource(
  url: URL,
  signal: AbortSignal,
  mostSilence = MOST_SILENCE,
): Promise<Uint8Array | undefined> {
  try {
    return await (url.protocol === "file:"
      ? readFromDisk(url)
      : readFromHost(url, signal, mostSilence));
  } catch (error) {
    signal.throwIfAborted();
    throw new ModelError(`${url.href} can't be read: ${(error as Error).message}`);
  }
}

async function readFromHost(
  url: URL,
  signal: AbortSignal,
  mostSilence: number,
): Promise<Uint8Array | undefined> {
  const silence = new AbortController();
  const giveUp = () => silence.abort(new Error(`nothing came for ${mostSilence / 1000} s`));
  let timer = setTimeout(giveUp, mostSilence);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, mostSilence);
  };
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, silence.signal]) });
    const type = response.headers.get("Content-Type") ?? "";
    if (response.status === 404 || (response.ok && type.startsWith("text/html"))) return undefined;
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const reader = response.body!.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      heard();
      chunks.push(next.value);
    }
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  } finally {
    clearTimeout(timer);
  }
}

async function readFromDisk(url: URL): Promise<Uint8Array | undefined> {
  const { readFile } = await import("node:fs/promises");
  try {
    return new Uint8Array(await readFile(url));
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}
