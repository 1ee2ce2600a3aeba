import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** The only address the embedded servers listen on. */
export const loopback = '127.0.0.1';

/**
 * Makes sure that nobody listens on a port yet.
 *
 * @param port TCP port on loopback.
 * @param variable The setting that changes it, named in the error.
 * @throws Error when it is taken or may not be used.
 */
export async function assertPortFree(port: number, variable: string): Promise<void> {
  try {
    await listenOnce(port);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'EADDRINUSE' ? 'is taken by another process' : `cannot be used (${code ?? String(error)})`;
    throw new Error(
      `Port ${port} on ${loopback} ${why}: set ${variable} to a free port, or stop what listens there.`,
      { cause: error },
    );
  }
}

/** The port, when nobody listens on it. */
export async function portIfFree(port: number): Promise<number | undefined> {
  return listenOnce(port).catch(() => undefined);
}

/** A TCP port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  return listenOnce(0);
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: loopback, exclusive: true }, () => {
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => resolve(bound));
    });
  });
}
