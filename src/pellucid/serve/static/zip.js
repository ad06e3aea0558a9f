// Files -> one ZIP archive, stored as they are: they are compressed already.
//
// APPNOTE.TXT 6.3.10 of PKWARE, without Zip64: below 4 GB and 65,536 files. Names are UTF-8.

const UTF8 = 0x0800;
const VERSION = 20;
const MOST = 2 ** 32 - 1;
const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/**
 * @param {{name: string, data: Blob}[]} files with names that differ
 * @returns {Promise<Blob>}
 */
export async function zipOf(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, data } of files) {
    const label = new TextEncoder().encode(name);
    const sum = crc32(new Uint8Array(await data.arrayBuffer()));
    const fields = common(sum, data.size, label.length);
    const head = record(0x04034b50, fields);
    directory.push(record(0x02014b50, [[VERSION, 2], ...fields, ...central(offset)]), label);
    parts.push(head, label, data);
    offset += head.length + label.length + data.size;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  if (offset + size > MOST) throw new Error("All files together are too large for a ZIP archive.");
  const count = files.length;
  const end = [[0, 2], [0, 2], [count, 2], [count, 2], [size, 4], [offset, 4], [0, 2]];
  return new Blob([...parts, ...directory, record(0x06054b50, end)], { type: "application/zip" });
}

/** Version, flags, method, time, date (1980-01-01), CRC, sizes, lengths of name and extras. */
function common(sum, size, length) {
  return [
    [VERSION, 2], [UTF8, 2], [0, 2], [0, 2], [0x21, 2],
    [sum, 4], [size, 4], [size, 4], [length, 2], [0, 2],
  ];
}

/** Length of the comment, disk, attributes (2), where the file begins. */
function central(offset) {
  return [[0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]];
}

/** A signature and numbers of 2 or 4 bytes. */
function record(signature, fields) {
  const bytes = new Uint8Array(4 + fields.reduce((sum, [, size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signature, true);
  let place = 4;
  for (const [value, size] of fields) {
    if (size === 2) view.setUint16(place, value, true);
    else view.setUint32(place, value, true);
    place += size;
  }
  return bytes;
}

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
