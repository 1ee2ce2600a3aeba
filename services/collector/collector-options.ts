import type { Registry } from 'prom-client';
import type { Retention } from '@tidemark/events/families';
import type { EventRecord } from '@tidemark/publisher/event-sender';
import type { Failure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import type { Mapping } from '@tidemark/sources/mapping';
import type { Tracing } from '@tidemark/tracing/tracing';
import type { ApiKeys } from './keys.ts';

/** Where accepted events go. */
export type Outlet = {
  /** Why nothing can be written now; `undefined` while it can. */
  readonly unavailable: Failure | undefined;
  /** Whether no more can be taken for now. */
  readonly isFull: boolean;
  readonly bytes: number;
  /** Resolves once all records are durable; throws a Failure when some may not be. */
  readonly send: (records: readonly EventRecord[]) => Promise<void>;
};

/** Systems whose webhooks are taken, by the last part of the address. */
export type WebhookName = 'stripe' | 'shopify' | 'zendesk';

/** What the collector's server needs. */
export type CollectorOptions = {
  readonly outlet: Outlet;
  readonly keys: ApiKeys;
  /** The address it listens on. */
  readonly host: string;
  /** Greatest body, in bytes. */
  readonly bodyBytesMax: number;
  /** Most events of a request. */
  readonly itemsMax: number;
  /** Requests a second of one key that has no limit of its own; 0 for no limit. */
  readonly requestsPerSecond: number;
  /** Bytes of bodies a second of one key that has no limit of its own, uncompressed; 0 for no limit. */
  readonly bytesPerSecond: number;
  /** How old events may be; that of the contract by default. */
  readonly retention?: Retention | undefined;
  /** Whether comments are published; they are by default. */
  readonly keepsFreeText?: boolean | undefined;
  /** What somebody should look at while it works, a sentence each. */
  readonly warnings?: () => readonly string[];
  /** Secrets of webhooks, any of which may have signed; without secrets those of a source are not taken. */
  readonly webhookSecrets?: { readonly [Name in WebhookName]?: readonly string[] };
  /** What messages in the form of Segment become; the shipped mapping by default. */
  readonly segmentMapping?: Mapping | undefined;
  readonly registry: Registry;
  readonly log: Log;
  /** `undefined` when traces are off. */
  readonly tracing?: Tracing | undefined;
  /** The time, milliseconds since the epoch. */
  readonly now: () => number;
};
