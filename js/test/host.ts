/** A host on a local port. */

import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** What `use` gives of the host's address, which ends in a slash; then the host is gone. */
export async function withHost<T>(
  answer: RequestListener,
  use: (host: string) => Promise<T>,
): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
