/** Where files come from, and what a decoder says when they aren't there. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PelDecoder } from "../src/decoder.ts";
import { reviveError } from "../src/errors.ts";
import { Network } from "../src/learned/network.ts";
import { readCase } from "./cases.ts";
import { makeDecoder, makeModels, RUNTIME } from "./decoder.ts";
import { withHost } from "./host.ts";

const decoder = makeDecoder();
const FILE = readCase("good/pixel/file.pel");

test("bytes come in many ways", async () => {
  const blob = new Blob([FILE.slice()]);
  const url = await withHost(
    (request, answer) => {
      answer.statusCode = request.url === "/a.pel" ? 200 : 404;
      answer.end(FILE);
    },
    async (host) => {
      const url = `${host}a.pel`;
      const inputs = [FILE, FILE.slice().buffer, blob, new Response(blob), url, new URL(url)];
      for (const input of inputs) assert.equal((await decoder.decode(input)).width, 1);
      await assert.rejects(decoder.decode(`${url}x`), { name: "InputError", message: /404/ });
      return url;
    },
  );
  await assert.rejects(decoder.decode(url), { name: "InputError" });
});

test("a body that is cut, used, or never ends", async () => {
  await withHost(
    (_, answer) => {
      answer.writeHead(200, { "Content-Length": 1000 });
      answer.write("abc", () => answer.destroy());
    },
    (host) => assert.rejects(decoder.decode(host), { name: "InputError", message: /127\.0\.0\.1/ }),
  );
  const used = new Response(FILE.slice());
  await used.arrayBuffer();
  await assert.rejects(decoder.decode(used), { name: "InputError", message: /the Response/ });
  const endless = new Response(new ReadableStream({ pull: () => new Promise(() => undefined) }));
  const control = new AbortController();
  const work = decoder.decode(endless, { signal: control.signal });
  setTimeout(() => control.abort(), 5);
  await assert.rejects(work, { name: "AbortError" });
});

test("addresses that are none, or have no slash", async () => {
  for (const name of ["models", "runtime", "worker"]) {
    assert.throws(() => new PelDecoder({ [name]: "http://[" }), {
      name: "OptionError",
      message: new RegExp(`${name} is http`),
    });
  }
  const bare = makeModels().href.slice(0, -1);
  assert.equal((await new PelDecoder({ models: bare, runtime: RUNTIME }).decode(FILE)).width, 1);
  const relative = new PelDecoder({ models: "/none/", runtime: "/none.wasm" });
  await assert.rejects(relative.decode(FILE), { name: "UnknownModelError" });
  await relative.close();
});

test("models and a runtime that aren't there", async () => {
  const models = new URL("none/", import.meta.url);
  await assert.rejects(new PelDecoder({ models, runtime: import.meta.url }).decode(FILE), {
    name: "UnknownModelError",
  });
  assert.throws(() => new PelDecoder({ workers: -1 }), { name: "OptionError" });
});

test("closing ends networks and the work that waits", async (context) => {
  const released = context.mock.method(Network.prototype, "close");
  await decoder.decode(FILE);
  const works = [1, 2, 3].map(() => decoder.decode(FILE));
  const outcomes = Promise.allSettled(works);
  await new Promise((resolve) => setTimeout(resolve));
  await decoder.close();
  for (const outcome of await outcomes) {
    assert.equal(outcome.status, "rejected");
    assert.match(outcome.reason.message, /the decoder was closed/);
  }
  assert.equal(released.mock.callCount(), 3);
  await decoder.close();
  assert.equal((await decoder.decode(FILE)).width, 1);
});

test("an error that a worker passes on has its class here", () => {
  const error = reviveError("DamagedFileError", "why");
  assert.deepEqual([error.name, error.message], ["DamagedFileError", "why"]);
  assert.equal(error.constructor.name, "DamagedFileError");
  assert.equal(reviveError("AbortError", "why").name, "AbortError");
  assert.equal(reviveError("RangeError", "why").name, "RangeError");
});
