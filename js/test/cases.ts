/** The cases of `conformance/v1` and what the tests do with them. */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { type NumpyArray, readNpy } from "../src/npz.ts";

const FOLDER = new URL("../../conformance/v1/", import.meta.url);

/** What `case.json` of a good case says. */
export interface GoodCase {
  name: string;
  model: { name: string; id: string };
  shape: [number, number, number];
  dtype?: string;
  latents_sha256: string;
  bounds?: { peak: number; rms: number };
  max_error?: number;
  source_error?: number;
  metadata: Record<string, string>;
}

/** What `cases.json` says of a bad case. */
export interface BadCase {
  name: string;
  error: string;
  stage: "container" | "decode";
}

/** A file of the folder of cases. */
export function readCase(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, FOLDER)));
}

/** Whether there is such a file. */
export function hasCase(path: string): boolean {
  return existsSync(new URL(path, FOLDER));
}

/** All good cases. */
export function goodCases(): GoodCase[] {
  return readdirSync(fileURLToPath(new URL("good/", FOLDER)))
    .sort()
    .map((name) => ({
      name,
      ...JSON.parse(new TextDecoder().decode(readCase(`good/${name}/case.json`))),
    }));
}

/** All bad cases. */
export function badCases(): BadCase[] {
  const cases = JSON.parse(new TextDecoder().decode(readCase("bad/cases.json")));
  return Object.keys(cases).map((name) => ({ name, ...cases[name] }));
}

/** An array of a good case, if it has it; those of float16 are bits. */
export function arrayOf(name: string, what: string): NumpyArray | undefined {
  const path = `good/${name}/${what}.npy`;
  return hasCase(path) ? readNpy(readCase(path)) : undefined;
}
