import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What may befall a connection. */
export type Mishaps = {
  /** Share of answers that are swallowed: the server has done it, the client never hears. */
  readonly swallow: number;
  /** Share of answers that come late, by up to `delayMs`. */
  readonly delay: number;
  readonly delayMs: number;
};

/** A TCP proxy that loses and delays answers. */
export type FlakyProxy = {
  readonly port: number;
  /** While false, nobody gets through and connections are cut: the server is down. */
  up: boolean;
  readonly close: () => Promise<void>;
};

/**
 * Stands between a client and a server on loopback.
 *
 * @param chance Numbers from 0 to 1; seeded, so that a run can be had again.
 */
export async function flakyProxy(
  targetPort: number,
  mishaps: Mishaps,
  chance: () => number,
): Promise<FlakyProxy> {
  const sockets = new Set<Socket>();
  const proxy = {
    port: 0,
    isUp: true,
    get up(): boolean {
      return this.isUp;
    },
    set up(up: boolean) {
      this.isUp = up;
      if (!up) for (const socket of sockets) socket.destroy();
    },
    close: (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Cut connections are what this is for.
    socket.on('error', () => socket.destroy());
    return socket;
  };
  const server = createServer((client) => {
    keep(client);
    if (!proxy.up) return void client.destroy();
    const upstream = keep(connect(targetPort, '127.0.0.1'));
    client.pipe(upstream);
    client.on('close', () => upstream.destroy());
    // One after the other: an answer must not overtake another.
    let answered = Promise.resolve();
    upstream.on('data', (answer) => {
      answered = answered.then(async () => {
        const drawn = chance();
        if (drawn < mishaps.swallow) client.destroy();
        else if (drawn < mishaps.swallow + mishaps.delay) await sleep(chance() * mishaps.delayMs);
        if (client.writable) client.write(answer);
      });
    });
    upstream.on('end', () => void answered.then(() => client.end()));
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}

/** Seeded chance (mulberry32), so that a run can be had again. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
