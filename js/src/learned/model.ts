/** A codec model: its tables, gains and networks, each network loaded when it is first used. */

import { TableSet } from "../entropy/tables.ts";
import { ModelError } from "../errors.ts";
import { type Arrays, type NumpyArray, readNpz } from "../npz.ts";
import { Network, setUpRuntime } from "./network.ts";

const QUALITIES = 101;
const SYNTHESIS = "synthesis"; // the network that decides no bits

/** Gives what a model is loaded from. Rejects with ModelError if it isn't there. */
export interface ModelFiles {
  /** A file of the model's folder. */
  file(name: string): Promise<Uint8Array>;
  /** The runtime's .wasm. */
  runtime(): Promise<Uint8Array>;
}

/** The integer kernel that predicts B from A, one channel at a time. */
export interface Diagonal {
  /** [D, 1, 3, 3], of which only the corners are used. */
  readonly weight: Int8Array;
  readonly bias: Int32Array;
  readonly shift: Uint8Array;
}

/** What a model's folder holds for a decoder. */
export class CodecModel {
  readonly tables: TableSet;
  /** Symbols whose table is below it are 0 and not coded. */
  readonly skip: number;
  /** Channels of y and of z. */
  readonly latents: number;
  readonly hyperLatents: number;
  /** Reach of the synthesis, in latents. */
  readonly halo: number;
  /** [M], added to table indices at B. */
  readonly centreOffset: Int16Array;
  readonly diagonal: Diagonal;
  private readonly files: ModelFiles;
  private readonly entropy: Arrays;
  private readonly gains: Arrays;
  private readonly networks = new Map<string, Promise<Network>>();

  private constructor(files: ModelFiles, entropy: Arrays, gains: Arrays) {
    this.files = files;
    this.entropy = entropy;
    this.gains = gains;
    this.tables = new TableSet(this.array("tables").data, this.bytes("reach"));
    this.skip = this.array("skip").data[0]!;
    this.latents = this.array("y_offset").shape[1]!;
    this.hyperLatents = this.array("z_index").shape[1]!;
    this.halo = this.array("halo").data[0]!;
    this.centreOffset = this.array("centre_offset").data as Int16Array;
    this.diagonal = {
      weight: this.array("prior.diagonal.weight").data as Int8Array,
      bias: this.array("prior.diagonal.bias").data as Int32Array,
      shift: this.bytes("prior.diagonal.shift"),
    };
  }

  /** The codec of `entropy.npz`; reads its gains. Throws ModelError if they can't be read. */
  static async open(files: ModelFiles, entropy: Promise<Arrays>): Promise<CodecModel> {
    const gains = files.file("gains.npz");
    gains.catch(() => undefined); // of a model that isn't there, the first file's error counts
    return new CodecModel(files, await entropy, await readNpz(await gains));
  }

  /** End the networks that are loaded. */
  async close(): Promise<void> {
    const loaded = [...this.networks.values()];
    this.networks.clear();
    for (const network of await Promise.allSettled(loaded)) {
      if (network.status === "fulfilled") await network.value.close();
    }
  }

  /** z (integers) -> features, index head, mean. */
  get hyperSynthesis(): Promise<Network> {
    return this.network("hyper_decoder");
  }

  /** What is seen of y, and features -> index head, mean correction. */
  get contextModel(): Promise<Network> {
    return this.network("spatial_prior");
  }

  /** y -> `blocks`, 8 bits, and `samples`, unrounded. */
  get synthesis(): Promise<Network> {
    return this.network(SYNTHESIS);
  }

  /** A row, one number a channel, of an array that has one for each quality. */
  row(name: string, quality: number): NumpyArray["data"] {
    const { data } = this.array(name);
    const length = data.length / QUALITIES;
    return data.subarray(quality * length, (quality + 1) * length);
  }

  private network(name: string): Promise<Network> {
    let found = this.networks.get(name);
    if (found === undefined) {
      const file = `${name}.onnx`;
      const needed = [this.files.file(file), setUpRuntime(this.files.runtime)] as const;
      const load = (bytes: Uint8Array) => Network.load(bytes, file, name !== SYNTHESIS);
      found = Promise.all(needed).then(([bytes]) => load(bytes));
      this.networks.set(name, found);
      found.catch(() => this.networks.delete(name)); // the next one tries again
    }
    return found;
  }

  private array(name: string): NumpyArray {
    const found = this.entropy.get(name) ?? this.gains.get(name);
    if (found === undefined) throw new ModelError(`the model lacks the array ${name}`);
    return found;
  }

  private bytes(name: string): Uint8Array {
    return this.array(name).data as Uint8Array;
  }
}
