/** Deflated bytes -> bytes, never more of them than are expected. */

const SLICE = 1 << 14; // bytes of input given at once: what they can make is bounded, 1000 times it

/**
 * Inflate `body`.
 *
 * @param format "deflate" for a zlib stream (RFC 1950), "deflate-raw" for its inside (RFC 1951)
 * @param most bytes that may come out
 * @returns the bytes; undefined if they are damaged, cut off, followed by others, or too many
 */
export async function inflate(
  body: Uint8Array,
  format: "deflate" | "deflate-raw",
  most: number,
): Promise<Uint8Array | undefined> {
  let at = 0;
  const source = new ReadableStream<BufferSource>({
    pull(controller) {
      if (at < body.length) controller.enqueue(body.slice(at, (at += SLICE)));
      else controller.close();
    },
  });
  const reader = source.pipeThrough(new DecompressionStream(format)).getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      parts.push(next.value);
      length += next.value.length;
      if (length > most) {
        await reader.cancel();
        return undefined;
      }
    }
  } catch (error) {
    if (error instanceof TypeError) return undefined; // what the streams' standard says of bad data
    throw error;
  }
  return joined(parts, length);
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
