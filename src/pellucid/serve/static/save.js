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
 * Save all as one archive.
 *
 * @param {import("./picture.js").Picture[]} pictures
 * @param {(picture: object) => object} optionsFor what each is asked with
 * @param {(done: number) => void} told of how many are done
 */
export async function saveAll(pictures, kind, optionsFor, told) {
  const files = [];
  const taken = new Set();
  for (const picture of pictures) {
    told(files.length);
    await picture.sent();
    files.push({
      name: free(picture.stem, kind, taken),
      data: await picture.saved(kind, optionsFor(picture)),
    });
  }
  save(await zipOf(files), "pellucid.zip");
}

function free(stem, kind, taken) {
  let name = `${stem}.${kind}`;
  for (let number = 2; taken.has(name); number += 1) name = `${stem}-${number}.${kind}`;
  taken.add(name);
  return name;
}
