/** Models and runtime that are wrong, of another kind, late, or not there at first. */

import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { test } from "node:test";

import { PelDecoder } from "../src/decoder.ts";
import { readResource } from "../src/resource.ts";
import { goodCases, readCase } from "./cases.ts";
import { fileOf, chunksOf } from "./chunks.ts";
import { makeModels, RUNTIME } from "./decoder.ts";
import { withHost } from "./host.ts";

const MODELS = makeModels();
const LEARNED = readCase("good/pixel/file.pel");
const EXACT = readCase("good/exact_rgb/file.pel");
const idOf = (name: string) => goodCases().find((one) => one.model.name === name)!.model.id;
const CODEC = goodCases().find((one) => one.name === "pixel")!.model;

/** The file with the id of another model. */
function naming(data: Uint8Array, id: string): Uint8Array {
  const chunks = chunksOf(data);
  chunks[0]![1].set(Buffer.from(id, "hex"), 19);
  return fileOf(chunks);
}

/** Answers with what lies in the folder of models, and with the runtime. */
const answerAsIs: RequestListener = ({ url }, answer) => {
  const path = url === "/runtime.wasm" ? RUNTIME : new URL(`.${url}`, MODELS);
  answer.end(readFileSync(path));
};

test("a runtime that isn't there, or is none, at first", async () => {
  const answers = [503, 404, "nothing", "cut"];
  const host: RequestListener = (request, answer) => {
    const next = request.url === "/runtime.wasm" ? answers.shift() : undefined;
    if (next === undefined) answerAsIs(request, answer);
    else if (next === "cut") answer.write("cut", () => answer.destroy());
    else answer.writeHead(Number(next) || 200).end(`${next}`);
  };
  await withHost(host, async (models) => {
    const decoder = new PelDecoder({ models, runtime: `${models}runtime.wasm` });
    for (const message of [/answers 503/, /no http.*runtime.wasm/, /no WebAssembly/, /can't be/]) {
      await assert.rejects(decoder.decode(LEARNED), { name: "ModelError", message });
    }
    assert.equal((await decoder.decode(LEARNED)).width, 1);
  });
});

test("exact files need no runtime", async () => {
  const decoder = new PelDecoder({ models: MODELS, runtime: new URL("none.wasm", MODELS) });
  assert.equal((await decoder.decode(EXACT)).channels, 3);
});

test("a model of the other kind isn't the one that a file needs", async () => {
  const decoder = new PelDecoder({ models: MODELS, runtime: RUNTIME });
  const wrong = { name: "UnknownModelError", message: /is of another kind/ };
  const files = [naming(LEARNED, idOf("exact")), naming(EXACT, CODEC.id)];
  for (const file of files) await assert.rejects(decoder.decode(file), wrong);
  for (const file of [LEARNED, EXACT]) await decoder.decode(file);
  for (const file of files) await assert.rejects(decoder.decode(file), wrong);
});

test("a model that isn't what its folder's name says is refused", async () => {
  const models = makeModels();
  const other = new URL(`${idOf("exact")}/entropy.npz`, models);
  copyFileSync(other, new URL(`${CODEC.id}/entropy.npz`, models));
  const decoder = new PelDecoder({ models, runtime: RUNTIME });
  const message = new RegExp(`not the model ${CODEC.id} but ${idOf("exact")}`);
  await assert.rejects(decoder.decode(LEARNED), { name: "ModelError", message });
});

test("a host that has a page for every address has no model", async () => {
  const page: RequestListener = (_, answer) => {
    answer.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end("<!doctype html>");
  };
  await withHost(page, async (models) => {
    const message = new RegExp(`there is no ${models}${CODEC.id}/entropy.npz`);
    const work = new PelDecoder({ models, runtime: RUNTIME }).decode(LEARNED);
    await assert.rejects(work, { name: "UnknownModelError", message });
  });
});

test("a host that is silent is left by a signal, and given up after a while", async () => {
  let silent = true;
  const host: RequestListener = (request, answer) => {
    if (!silent) answerAsIs(request, answer);
  };
  await withHost(host, async (models) => {
    const decoder = new PelDecoder({ models, runtime: RUNTIME });
    const signal = AbortSignal.timeout(50);
    await assert.rejects(decoder.decode(LEARNED, { signal }), { name: "TimeoutError" });
    const never = new AbortController().signal;
    const late = readResource(new URL("a", models), never, 50);
    await assert.rejects(late, { name: "ModelError", message: /nothing came for 0.05 s/ });
    silent = false;
    assert.equal((await decoder.decode(LEARNED)).width, 1);
  });
});
