import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { KafkaConfig } from './kafkajs.ts';

type SocketFactory = NonNullable<KafkaConfig['socketFactory']>;

const keepAliveMs = 60_000;

/**
 * The sockets of one cluster's connections. kafkajs opens a connection again for each request that comes after it was closed, and
 * such a socket would stay open for ever: after `close` none is opened.
 */
export class Sockets {
  readonly #open = new Set<Socket>();
  #isClosed = false;

  /** Makes a socket, as kafkajs asks for it. Throws after `close`. */
  readonly factory: SocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.#isClosed) throw new Error('the connections were closed in the meantime');
    const name = isIP(host) === 0 ? { servername: host } : {};
    // A cast: kafkajs has `ssl` as an object for every form of it.
    const socket = ssl
      ? connectTls({ host, port, ...name, ...(ssl as object) }, onConnect)
      : connect({ host, port }, onConnect);
    socket.setKeepAlive(true, keepAliveMs);
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  };

  /** Ends what is open: requests under way fail. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#open) socket.destroy(new Error('the connections were closed'));
  }
}
