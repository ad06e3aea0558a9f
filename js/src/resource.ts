/** Files beside the module: fetched in browsers, read from disk in Node. */

import { ModelError } from "./errors.ts";

/** The bytes behind a URL; undefined if there is nothing. Throws ModelError if it can't be read. */
export async function readResource(url: URL): Promise<Uint8Array | undefined> {
  try {
    if (url.protocol === "file:") return await readFromDisk(url);
    const response = await fetch(url);
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new ModelError(`${url.href} can't be read: ${(error as Error).message}`);
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
