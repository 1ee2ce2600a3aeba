/**
 * Stands before a broker and knows enough of Kafka's protocol to do harm to requests of one type: the broker never gets them,
 * gets them late or twice, or its answers get lost. And it shows when a client is at a named step.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { between, chance, type Draw } from '@tidemark/metrics/histories/draw.fixtures';
import type { Certificate } from './certificates.ts';

/** What may happen to a request. */
const mishaps = ['lose', 'lose the answer of', 'delay', 'repeat'] as const;

/**
 * Types of requests by their number in the protocol: those on which exactly-once rests. Where brokers add partitions and groups
 * to transactions, they ask each other, not through here.
 */
const requestTypes = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  SyncGroup: 14,
  InitProducerId: 22,
  EndTxn: 26,
  TxnOffsetCommit: 28,
} as const;

/** The harm that is done for now. */
export type Harm = { readonly what: (typeof mishaps)[number]; readonly type: keyof typeof requestTypes };

/** Any harm. */
export function drawHarm(draw: Draw): Harm {
  const types = Object.keys(requestTypes) as Harm['type'][];
  return { what: mishaps[draw.below(mishaps.length)]!, type: types[draw.below(types.length)]! };
}

/** A step of a client: its request of a type has come, or the broker is done with it and the client does not know yet. */
export type Step = { readonly type: keyof typeof requestTypes; readonly when: 'arrived' | 'done' };

/** What waits for a step of a client. */
export type Trap = Step & {
  /** As the client names itself to the brokers. */
  readonly clientId: string;
  /** Called once, before the request or the answer goes on. */
  readonly spring: () => void;
};

/** A proxy that runs. */
export type KafkaProxy = {
  /** Whatever waits for a step. */
  readonly traps: Set<Trap>;
  /** Nothing happens to requests while it is undefined. */
  harm: Harm | undefined;
  /** How many requests something has happened to. */
  readonly harmed: number;
  readonly close: () => void;
};

/** Share of the requests of the type that something happens to, in percent. */
const harmedPercent = 60;
const delayMs = { from: 50, to: 3_000 };
const loopback = '127.0.0.1';

/**
 * Starts a proxy on loopback.
 *
 * @param target The broker's own port, with TLS.
 * @param certificate The broker's, and so the proxy's.
 */
export async function startKafkaProxy(
  port: number,
  target: number,
  certificate: Certificate,
  draw: Draw,
): Promise<KafkaProxy> {
  const authority = await readFile(certificate.authority);
  const sockets = new Set<TLSSocket>();
  const traps = new Set<Trap>();
  const state: { harm: Harm | undefined; harmed: number } = { harm: undefined, harmed: 0 };
  const befalls = (frame: Buffer): Harm['what'] | undefined => {
    const { harm } = state;
    if (harm === undefined || frame.readInt16BE(4) !== requestTypes[harm.type]) return undefined;
    if (!chance(draw, harmedPercent)) return undefined;
    state.harmed++;
    return harm.what;
  };
  const server = createServer(
    { pfx: await readFile(certificate.keyStore), passphrase: certificate.password },
    (client) => {
      const broker = connect({ host: loopback, port: target, ca: authority });
      for (const [socket, other] of [
        [client, broker],
        [broker, client],
      ] as const) {
        sockets.add(socket);
        // Cut connections are what this is for.
        socket.on('error', () => undefined);
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
      }
      relay(client, broker, { befalls, trapOf: (frame) => trapOf(traps, frame), draw });
    },
  );
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(port, loopback, resolve));
  return {
    traps,
    get harm() {
      return state.harm;
    },
    set harm(harm) {
      state.harm = harm;
    },
    get harmed() {
      return state.harmed;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What waits for this request, or for its answer, if anything does. */
function trapOf(traps: ReadonlySet<Trap>, frame: Buffer): Trap | undefined {
  if (traps.size === 0) return undefined;
  const idBytes = Math.max(0, frame.readInt16BE(12));
  const clientId = frame.toString('utf8', 14, 14 + idBytes);
  const isAt = (trap: Trap): boolean =>
    trap.clientId === clientId && frame.readInt16BE(4) === requestTypes[trap.type];
  return [...traps].find(isAt);
}

type Meddling = {
  readonly befalls: (frame: Buffer) => Harm['what'] | undefined;
  readonly trapOf: (frame: Buffer) => Trap | undefined;
  readonly draw: Draw;
};

function relay(client: TLSSocket, broker: TLSSocket, { befalls, trapOf: trapAt, draw }: Meddling): void {
  /** Answers, by the number of their request, that the client does not get. */
  const lost = new Set<number>();
  const second = new Set<number>();
  const trapped = new Map<number, Trap>();
  const pass = async (frame: Buffer): Promise<void> => {
    const correlation = frame.readInt32BE(8);
    const trap = trapAt(frame);
    if (trap?.when === 'arrived') trap.spring();
    else if (trap !== undefined) trapped.set(correlation, trap);
    const what = befalls(frame);
    if (what === 'lose') return void client.destroy();
    if (what === 'lose the answer of') lost.add(correlation);
    if (what === 'delay') await sleep(between(draw, delayMs.from, delayMs.to));
    if (what === 'repeat') {
      second.add(correlation);
      broker.write(frame);
    }
    broker.write(frame);
    return undefined;
  };
  // One after the other: a request must not overtake another on its connection.
  let passed = Promise.resolve();
  onFrames(client, (frame) => {
    passed = passed.then(() => pass(frame));
  });
  onFrames(broker, (frame) => {
    const correlation = frame.readInt32BE(4);
    trapped.get(correlation)?.spring();
    trapped.delete(correlation);
    // The client takes the last of two answers, as who asked again because the first got lost.
    if (second.delete(correlation)) return;
    if (lost.delete(correlation)) client.destroy();
    else client.write(frame);
  });
}

/** Calls with each whole message: four bytes of length, and so many more. */
function onFrames(socket: TLSSocket, onFrame: (frame: Buffer) => void): void {
  let got: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    got = got.length === 0 ? chunk : Buffer.concat([got, chunk]);
    while (got.length >= 4 && got.length >= 4 + got.readInt32BE(0)) {
      const end = 4 + got.readInt32BE(0);
      onFrame(got.subarray(0, end));
      got = got.subarray(end);
    }
  });
}
