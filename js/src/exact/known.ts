/**
 * What is known around a sample before its symbol (docs/format.md, section 11, *Known*).
 *
 * All are whole numbers below 2^31 in size.
 */

import type { Grid } from "./grid.ts";
import { CROSS, NEAREST, type Offset, type Pass } from "./passes.ts";

const OWN_TEXTURE = 4;
const REFERENCE_TEXTURE = 3;

/** A plane as far as it is known: its numbers k, and by how much the prediction of each was off. */
export interface Plane {
  readonly k: Grid;
  readonly e: Grid;
}

/** What a pass over one level of a plane knows of the sample at which it looks. */
export class Known {
  /** Differences from `base` and of each reference from the mean of its own nearest. */
  readonly terms: Int32Array;
  /** How restless these are; the last is 1. */
  readonly texture: Int32Array;
  /** The mean of the four nearest samples. */
  base = 0;
  /** What decides the class. */
  activity = 0;
  private readonly plane: Plane;
  private readonly references: readonly Plane[];
  private readonly own: Int32Array;
  private readonly other: Int32Array;
  private readonly cross: Int32Array;

  /** @param references mirrored, of the level's size, as `plane` is */
  constructor(plane: Plane, references: readonly Plane[], pass: Pass) {
    this.plane = plane;
    this.references = references;
    this.own = placesOf(pass.own, plane.k.stride);
    this.other = placesOf(pass.other, plane.k.stride);
    this.cross = placesOf(CROSS, plane.k.stride);
    this.terms = new Int32Array(pass.own.length + references.length * pass.other.length);
    this.texture = new Int32Array(OWN_TEXTURE + references.length * REFERENCE_TEXTURE + 1);
    this.texture[this.texture.length - 1] = 1;
  }

  /** Look at the sample at a place of the grids' data. */
  look(at: number): void {
    this.lookNear(at);
    const { base, own, terms, texture } = this;
    const k = this.plane.k.data;
    const e = this.plane.e.data;
    let apart = 0;
    let missed = 0;
    for (let t = 0; t < NEAREST; t++) {
      apart = (apart + Math.abs(terms[t]!)) | 0;
      missed = (missed + e[at + own[t]!]!) | 0;
    }
    const near = apart;
    texture[0] = near;
    texture[2] = missed;
    for (let t = NEAREST; t < own.length; t++) {
      const place = at + own[t]!;
      const term = (k[place]! - base) | 0;
      terms[t] = term;
      apart = (apart + Math.abs(term)) | 0;
      missed = (missed + e[place]!) | 0;
    }
    texture[1] = apart;
    texture[3] = missed;
    this.activity = near + 2 * missed;
    for (let number = 0; number < this.references.length; number++) this.lookAside(at, number);
  }

  /** The same, but only at the plane's own nearest, which give the base and the first terms. */
  lookNear(at: number): void {
    const { own, terms } = this;
    const k = this.plane.k.data;
    let sum = 2;
    for (let t = 0; t < NEAREST; t++) sum += k[at + own[t]!]!;
    const base = sum >> 2;
    for (let t = 0; t < NEAREST; t++) terms[t] = (k[at + own[t]!]! - base) | 0;
    this.base = base;
  }

  /** A number, then a bit for each of the references' nearest: whether the sample there repeats it. */
  alike(at: number, start: number): number {
    const { other, references } = this;
    let bits = start;
    for (let number = 0; number < references.length; number++) {
      const k = references[number]!.k.data;
      for (let t = 1; t <= NEAREST; t++) bits = 2 * bits + (k[at + other[t]!] === k[at] ? 1 : 0);
    }
    return bits;
  }

  private lookAside(at: number, number: number): void {
    const { other, cross, terms, texture } = this;
    const k = this.references[number]!.k.data;
    const e = this.references[number]!.e.data;
    const first = this.own.length + number * other.length;
    let sum = 2;
    for (let t = 1; t <= NEAREST; t++) sum += k[at + other[t]!]!;
    const base = sum >> 2;
    for (let t = 0; t < other.length; t++) terms[first + t] = k[at + other[t]!]! - base;
    const missed =
      e[at]! + e[at + cross[0]!]! + e[at + cross[1]!]! + e[at + cross[2]!]! + e[at + cross[3]!]!;
    const place = OWN_TEXTURE + number * REFERENCE_TEXTURE;
    texture[place] = e[at]!;
    texture[place + 1] = missed;
    texture[place + 2] = Math.abs(terms[first]!);
    if (number === 0) this.activity += 2 * missed;
  }
}

function placesOf(offsets: readonly Offset[], stride: number): Int32Array {
  return Int32Array.from(offsets, ([dy, dx]) => dy * stride + dx);
}
