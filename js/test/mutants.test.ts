/** Mutated files end in an error of the right kind or a picture; `MUTANTS` says how many. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { goodCases, readCase } from "./cases.ts";
import { makeDecoder } from "./decoder.ts";
import { attack } from "./mutants.ts";

const COUNT = Number(process.env.MUTANTS ?? 300);
const SMALL = 20_000; // bytes
const MOST_MILLISECONDS = 20_000; // for one file, on a busy machine
const MOST_BYTES = 1.5 * 2 ** 30; // of memory, the runtime's included

test(`${COUNT} mutated files`, async (context) => {
  const files = goodCases().map(({ name }) => readCase(`good/${name}/file.pel`));
  const small = files.filter(({ length }) => length < SMALL);
  const outcome = await attack(makeDecoder(), small, COUNT, 1);
  const memory = process.resourceUsage().maxRSS * 1024;
  context.diagnostic(JSON.stringify({ ...outcome, megabytes: Math.round(memory / 2 ** 20) }));
  assert.deepEqual(outcome.strange, []);
  assert.ok(outcome.slowest < MOST_MILLISECONDS, `${outcome.slowest} ms`);
  assert.ok(memory < MOST_BYTES, `${memory} bytes`);
});
