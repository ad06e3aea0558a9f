/** Finds models by the id in a file: folders of that name beside the module. */

import { sha256 } from "@noble/hashes/sha2.js";

import { hexOf } from "./bitstream/header.ts";
import { ModelError, UnknownModelError } from "./errors.ts";
import { ExactTables } from "./exact/tables.ts";
import { CodecModel } from "./learned/model.ts";
import { type Arrays, readNpz } from "./npz.ts";

const ENTROPY = "entropy.npz"; // every model has it
const ID_BYTES = 16;

/** An array that models of a kind have and those of the other kind lack. */
const MARKS = { codec: "y_offset", "set of tables for exact layers": "bins" };
type Kind = keyof typeof MARKS;

/** Where models and the runtime lie. */
export interface Places {
  /** URL of the folder of models, with a slash at its end. */
  models: string;
  /** URL of the runtime's .wasm. */
  runtime: string;
}

/** Gives the bytes behind a URL; undefined if there is nothing. */
export type Read = (url: URL) => Promise<Uint8Array | undefined>;

/** The models of a folder; each is loaded once. */
export class ModelStore {
  private readonly places: Places;
  private readonly read: Read;
  private readonly codecs = new Map<string, Promise<CodecModel>>();
  private readonly exact = new Map<string, Promise<ExactTables>>();

  constructor(places: Places, read: Read) {
    this.places = places;
    this.read = read;
  }

  /** A codec by its id in hexadecimal. Throws UnknownModelError, or ModelError if it is broken. */
  codec(id: string): Promise<CodecModel> {
    return once(this.codecs, id, () => {
      const files = {
        file: (name: string) => this.fileOf(id, name),
        runtime: () => this.runtime(),
      };
      return CodecModel.open(files, this.arraysOf(id, "codec"));
    });
  }

  /** The tables of exact layers, likewise. */
  tables(id: string): Promise<ExactTables> {
    return once(this.exact, id, async () =>
      ExactTables.of(await this.arraysOf(id, "set of tables for exact layers")),
    );
  }

  /** Forget all models, and end their networks. */
  async close(): Promise<void> {
    const open = [...this.codecs.values()];
    this.codecs.clear();
    this.exact.clear();
    for (const model of await Promise.allSettled(open)) {
      if (model.status === "fulfilled") await model.value.close();
    }
  }

  /** The arrays of `entropy.npz`, which are what the id says. */
  private async arraysOf(id: string, kind: Kind): Promise<Arrays> {
    const url = this.urlOf(id, ENTROPY);
    const bytes = await this.read(url);
    if (bytes === undefined) throw unknown(kind, id, `there is no ${url.href}; put it there`);
    const arrays = await readNpz(bytes);
    const found = idOf(arrays);
    if (found !== id) {
      throw new ModelError(
        `${url.href} is not the model ${id} but ${found}; put the right one there`,
      );
    }
    if (!arrays.has(MARKS[kind]))
      throw unknown(kind, id, `${url.href} is of another kind; get the file again`);
    return arrays;
  }

  private async fileOf(id: string, name: string): Promise<Uint8Array> {
    const url = this.urlOf(id, name);
    const bytes = await this.read(url);
    if (bytes !== undefined) return bytes;
    throw new ModelError(`the model ${id} is incomplete: there is no ${url.href}`);
  }

  private async runtime(): Promise<Uint8Array> {
    const bytes = await this.read(new URL(this.places.runtime));
    if (bytes !== undefined) return bytes;
    throw new ModelError(`the runtime is missing: there is no ${this.places.runtime}`);
  }

  private urlOf(id: string, name: string): URL {
    return new URL(`${id}/${name}`, this.places.models);
  }
}

function once<T>(found: Map<string, Promise<T>>, id: string, open: () => Promise<T>): Promise<T> {
  const known = found.get(id);
  if (known !== undefined) return known;
  const opened = open();
  found.set(id, opened);
  opened.catch(() => found.delete(id)); // the next one tries again
  return opened;
}

function unknown(kind: Kind, id: string, why: string): UnknownModelError {
  return new UnknownModelError(
    `the file needs the ${kind} ${id}, and ${why}, or update the package pellucid`,
  );
}

/** The id of a model (docs/format.md, section 5). */
function idOf(arrays: Arrays): string {
  const hash = sha256.create();
  for (const name of [...arrays.keys()].sort()) {
    const { dtype, shape, bytes } = arrays.get(name)!;
    hash.update(new TextEncoder().encode(`${name}\0${dtype}\0${shape.join(",")}\0`)).update(bytes);
  }
  return hexOf(hash.digest().subarray(0, ID_BYTES));
}
