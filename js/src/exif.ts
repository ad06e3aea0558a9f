/** The orientation in EXIF, which is a TIFF stream: 1 to 8. */

import { viewOf } from "./bitstream/chunk.ts";

const ORIENTATION = 0x0112;
const SHORT = 3;

/** How a viewer must turn the picture, as EXIF counts; 1, not at all, where nothing says more. */
export function orientationOf(exif: Uint8Array | undefined): number {
  if (exif === undefined || exif.length < 14) return 1;
  const little = exif[0] === 0x49 && exif[1] === 0x49;
  if (!little && (exif[0] !== 0x4d || exif[1] !== 0x4d)) return 1;
  const view = viewOf(exif);
  const directory = view.getUint32(4, little);
  if (directory + 2 > exif.length) return 1;
  const count = view.getUint16(directory, little);
  for (let entry = 0; entry < count; entry++) {
    const at = directory + 2 + 12 * entry;
    if (at + 12 > exif.length) return 1;
    if (view.getUint16(at, little) !== ORIENTATION) continue;
    const value = view.getUint16(at + 8, little);
    return view.getUint16(at + 2, little) === SHORT && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
