/**
 * Puts patched parts into kafkajs 2.2.4 before it is loaded. The import of this module does it;
 * import it nowhere but in `../kafkajs.ts`.
 *
 * The faults that are patched, by the numbers used in `test/kafka/`:
 * 1. records of aborted transactions reached read-committed readers;
 * 2. batches emptied by compaction stopped the reader's position for ever;
 * 9. grouping the messages of a send took quadratic time;
 * 10. BigInt arithmetic for every record took most of the time of consuming;
 * 11. every connection ran a timer of a negative time-out a thousand times a second, and Node warned;
 * 12. one partition without a leader made the leaders of all others unknown;
 * 13. a connection on which an answer had not come was used again, though its broker or the way to it may be dead;
 * 14. an admin's question that no broker answered ended in a `TypeError`;
 * 15. every connection looked ten times a second whether a request was overdue, however long that may take.
 */
import { Module, createRequire } from 'node:module';
import { Failure } from '@tidemark/service/failures';
import { decompress } from '../codecs/index.ts';
import { metadataRequests } from './metadata.ts';
import { decodeMessages, filterAbortedMessages, groupMessagesPerPartition } from './kafkajs-parts.ts';

/** The one version whose internals are known here. */
export const patchedVersion = '2.2.4';

const require = createRequire(import.meta.url);

/**
 * Refuses any kafkajs but the one that is patched.
 *
 * @param version As in its package.json.
 */
export function checkVersion(version: string): void {
  if (version === patchedVersion) return;
  throw new Failure(
    'kafka.version',
    `kafkajs ${version} is installed, but the patches are for ${patchedVersion} alone: ` +
      `pin kafkajs to ${patchedVersion} in package.json, or check every fault in packages/kafka/patched anew`,
  );
}

type RequestQueue = {
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  checkPendingRequests(): void;
};

/**
 * Replaces the method of that name. It runs a timer only while requests wait. The original starts a
 * timer after every answer, with a negative time-out, and starts it again whenever it fires.
 */
function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  const throttledMs = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttledMs > 0 ? throttledMs : 10,
  );
}

type TimedQueue = {
  readonly enforceRequestTimeout: boolean;
  readonly requestTimeout: number;
  readonly inflight: ReadonlyMap<
    number,
    { readonly sentAt: number; readonly requestTimeout: number; timeoutRequest(): void }
  >;
  requestTimeoutIntervalId: NodeJS.Timeout;
  isConnected(): boolean;
  destroy(): void;
};

/** Requests may take many seconds: to look once a second is enough. */
const overdueEveryMs = 1_000;

/** Replaces the method of that name, which looks ten times a second. */
function scheduleRequestTimeoutCheck(this: TimedQueue): void {
  if (!this.enforceRequestTimeout) return;
  this.destroy();
  const look = (): void => {
    for (const request of this.inflight.values())
      if (Date.now() - request.sentAt > request.requestTimeout) request.timeoutRequest();
    if (!this.isConnected()) this.destroy();
  };
  this.requestTimeoutIntervalId = setInterval(look, Math.min(this.requestTimeout, overdueEveryMs));
}

type Connection = {
  isConnected(): boolean;
  send: (this: Connection, request: object) => Promise<unknown>;
  rejectRequests(error: unknown): void;
  disconnect(): Promise<unknown>;
};

/** Hangs up when an answer does not come in time: the next request opens a new connection, or asks another broker. */
function hangingUp(send: Connection['send']): Connection['send'] {
  return async function sendOrHangUp(this: Connection, request) {
    try {
      return await send.call(this, request);
    } catch (error) {
      if (error instanceof Error && error.name === 'KafkaJSRequestTimeoutError' && this.isConnected()) {
        this.rejectRequests(error);
        await this.disconnect();
      }
      throw error;
    }
  };
}

type ClusterMetadata = { metadata: (this: object, asked: object) => Promise<unknown> };

/** Fails as other requests do when no broker answers; the original gives null for metadata then. */
function answering(metadata: ClusterMetadata['metadata'], failure: () => Error): ClusterMetadata['metadata'] {
  return async function metadataOrFail(this: object, asked) {
    const answer = await metadata.call(this, asked);
    if (answer === null) throw failure();
    return answer;
  };
}

function install(): void {
  checkVersion((require('kafkajs/package.json') as { version: string }).version);
  if (require.cache[require.resolve('kafkajs')] !== undefined) {
    throw new Failure(
      'kafka.version',
      'kafkajs was loaded before it could be patched: import packages/kafka/kafkajs.ts, never kafkajs itself',
    );
  }
  replace('protocol/requests/fetch/v4/decodeMessages.js', decodeMessages(decompress));
  replace('consumer/filterAbortedMessages.js', filterAbortedMessages);
  replace('producer/groupMessagesPerPartition.js', groupMessagesPerPartition);
  const requestOf = load('protocol/requests/metadata/v6/request.js') as Parameters<
    typeof metadataRequests
  >[0];
  const { createErrorFromCode } = load('protocol/error.js') as {
    createErrorFromCode: (code: number) => Error;
  };
  replace('protocol/requests/metadata/index.js', metadataRequests(requestOf, createErrorFromCode));
  const queue = load('network/requestQueue/index.js') as { prototype: Record<string, unknown> };
  queue.prototype['scheduleCheckPendingRequests'] = scheduleCheckPendingRequests;
  queue.prototype['scheduleRequestTimeoutCheck'] = scheduleRequestTimeoutCheck;
  const { prototype } = load('network/connection.js') as { prototype: Connection };
  prototype.send = hangingUp(prototype.send);
  const { KafkaJSBrokerNotFound } = load('errors.js') as {
    KafkaJSBrokerNotFound: new (message: string) => Error;
  };
  const cluster = load('cluster/index.js') as { prototype: ClusterMetadata };
  const noAnswer = (): Error => new KafkaJSBrokerNotFound('no broker answered');
  cluster.prototype.metadata = answering(cluster.prototype.metadata, noAnswer);
}

/** One of kafkajs's own modules, by its path below `src`. */
function load(path: string): unknown {
  return require(`kafkajs/src/${path}`);
}

function replace(path: string, exports: unknown): void {
  const filename = require.resolve(`kafkajs/src/${path}`);
  const module = new Module(filename);
  module.filename = filename;
  module.loaded = true;
  module.exports = exports;
  require.cache[filename] = module;
}

install();
