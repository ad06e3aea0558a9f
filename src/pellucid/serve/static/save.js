// Results as files of the person's own, named like the pictures they were made of.

import { zipOf } from "./zip.js";

/** Let the browser save a file. */
export function save(data, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(data);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Save one result as pel, png or jpg. */
export async function saveOne(picture, kind, options) {
  save(await picture.saved(kind, options), `${picture.stem}.${kind}`);
}

/**
 * Save all as one archive, and throw an error that names those that can't be.
 *
 * @param {import("./picture.js").Picture[]} pictures
 * @param {(picture: object) => object} optionsFor what each is asked with
 * @param {(done: number) => void} told of how many are done
 */
export async function saveAll(pictures, kind, optionsFor, told) {
  const files = [];
  const left = [];
  const taken = new Set();
  for (const [index, picture] of pictures.entries()) {
    told(index);
    try {
      await picture.sent();
      const data = await picture.saved(kind, optionsFor(picture));
      files.push({ name: free(picture.stem, kind, taken), data });
    } catch (error) {
      if (error.status === 0) throw error;
      left.push(`\u2068${picture.name}\u2069 (${error.message})`); // in its own direction
    }
  }
  if (files.length) save(await zipOf(files), "pellucid.zip");
  if (left.length) throw new Error(`Left out of the archive: ${left.join("; ")}`);
}

/** A name that no other has, also where systems see no difference of case. */
function free(stem, kind, taken) {
  const same = (name) => name.normalize("NFC").toLowerCase();
  let name = `${stem}.${kind}`;
  for (let number = 2; taken.has(same(name)); number += 1) name = `${stem}-${number}.${kind}`;
  taken.add(same(name));
  return name;
}
