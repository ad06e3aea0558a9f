/** Where files come from, and what a decoder says when they aren't there. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import { PelDecoder } from "../src/decoder.ts";
import { reviveError } from "../src/errors.ts";
import { readCase } from "./cases.ts";
import { makeDecoder } from "./decoder.ts";

const decoder = makeDecoder();
const FILE = readCase("good/pixel/file.pel");

test("bytes come in many ways", async () => {
  const server = createServer((request, answer) => {
    answer.statusCode = request.url === "/a.pel" ? 200 : 404;
    answer.end(FILE);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.pel`;
  const blob = new Blob([FILE.slice()]);
  const inputs = [FILE, FILE.slice().buffer, blob, new Response(blob), url, new URL(url)];
  for (const input of inputs) assert.equal((await decoder.decode(input)).width, 1);
  await assert.rejects(decoder.decode(`${url}x`), { name: "InputError", message: /404/ });
  server.close();
  server.closeAllConnections();
  await assert.rejects(decoder.decode(url), { name: "InputError" });
});

test("models and a runtime that aren't there", async () => {
  const models = new URL("none/", import.meta.url);
  await assert.rejects(new PelDecoder({ models, runtime: import.meta.url }).decode(FILE), {
    name: "UnknownModelError",
  });
  assert.throws(() => new PelDecoder({ workers: -1 }), { name: "OptionError" });
});

test("a decoder that was closed starts again", async () => {
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
