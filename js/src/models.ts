/** Finds models by the id in a file: folders of that name beside the module. */

import { ModelError, UnknownModelError } from "./errors.ts";
import { ExactTables } from "./exact/tables.ts";
import { CodecModel } from "./learned/model.ts";
import { readResource } from "./resource.ts";

const ENTROPY = "entropy.npz"; // every model has it

/** Models in the folder at a URL, which ends in a slash; each is loaded once. */
export class ModelStore {
  private readonly base: URL;
  private readonly found = new Map<string, Promise<unknown>>();

  constructor(base: URL) {
    this.base = base;
  }

  /** A codec by its id in hexadecimal. Throws UnknownModelError, or ModelError if it is broken. */
  codec(id: string): Promise<CodecModel> {
    return this.once(id, () => CodecModel.open((name) => this.read(id, name)));
  }

  /** The tables of exact layers, likewise. */
  tables(id: string): Promise<ExactTables> {
    return this.once(id, async () => ExactTables.parse(await this.read(id, ENTROPY)));
  }

  private once<T>(id: string, open: () => Promise<T>): Promise<T> {
    let found = this.found.get(id) as Promise<T> | undefined;
    if (found === undefined) {
      found = open();
      this.found.set(id, found);
      found.catch(() => this.found.delete(id)); // the next one tries again
    }
    return found;
  }

  private async read(id: string, name: string): Promise<Uint8Array> {
    const url = new URL(`${id}/${name}`, this.base);
    const bytes = await readResource(url);
    if (bytes !== undefined) return bytes;
    if (name !== ENTROPY) throw new ModelError(`the model ${id} is incomplete: no ${url.href}`);
    throw new UnknownModelError(
      `the file needs the model ${id}, and there is no ${url.href}; put the model there, or ` +
        "update the package pellucid",
    );
  }
}
