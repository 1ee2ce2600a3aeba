import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { decodeEvent } from '@tidemark/events/codec';
import type { Family } from '@tidemark/events/families';
import { createLog } from '@tidemark/service/log';
import { conforming } from '@tidemark/service/openapi.fixtures';
import type { EventRecord } from '@tidemark/publisher/event-sender';
import { hashOf, readApiKeys } from './keys.ts';
import type { CollectorOptions, Outlet } from './collector-options.ts';
import { collectorServer } from './server.ts';

/** The time of the collector, in milliseconds since the epoch. */
export const now = Date.UTC(2026, 5, 1);
/** A second before. */
export const time = new Date(now - 1000).toISOString();
/** A valid event. */
export const cart = {
  event_id: 'e1',
  type: 'cart.created',
  occurred_at: time,
  cart_id: 'c',
  value: 1,
  currency: 'USD',
};
/** A key for all families, and one for carts. */
const keys = readApiKeys(
  JSON.stringify([
    { name: 'all', sha256: hashOf('all') },
    { name: 'carts', sha256: hashOf('carts'), families: ['cart'] },
  ]),
  false,
);

/** An answer of the collector: its status, headers and body. */
export type Answer = { status: number; accepted: number; rejected: { index: number; event_id: string | null; path: string; message: string }[]; rejected_omitted?: number; warnings?: Answer['rejected']; warnings_omitted?: number; message?: string; headers: Record<string, unknown> }; // prettier-ignore

/** A collector whose outlet keeps what it is given. */
export async function collector(outlet: Partial<Outlet> = {}, options: Partial<CollectorOptions> = {}) {
  const records: EventRecord[] = [];
  const server = await collectorServer({
    outlet: {
      unavailable: undefined,
      isFull: false,
      bytes: 0,
      send: async (given) => void records.push(...given),
      ...outlet,
    },
    keys: options.keys ?? keys,
    host: options.host ?? '127.0.0.1',
    bodyBytesMax: options.bodyBytesMax ?? 100_000,
    itemsMax: options.itemsMax ?? 10_000,
    requestsPerSecond: options.requestsPerSecond ?? 0,
    bytesPerSecond: options.bytesPerSecond ?? 0,
    retention: options.retention,
    keepsFreeText: options.keepsFreeText,
    webhookSecrets: options.webhookSecrets ?? {},
    segmentMapping: options.segmentMapping,
    registry: options.registry ?? new Registry(),
    log: createLog('test', 'silent'),
    tracing: options.tracing,
    now: () => now,
  });
  const app = conforming(server);
  const post = async (
    body: unknown,
    headers: Record<string, string> = {},
    url = '/v1/events',
  ): Promise<Answer> => {
    const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const all = { authorization: 'Bearer all', 'content-type': 'application/json', ...headers };
    const response = await app.inject({ method: 'POST', url, payload, headers: all });
    return {
      status: response.statusCode,
      headers: response.headers,
      ...(response.json() as object),
    } as Answer;
  };
  const events = () =>
    records.map(({ topic, value }) => {
      const decoded = decodeEvent(topic.split('.')[1] as Family, value);
      assert.ok(decoded.ok);
      return decoded.event;
    });
  return { app, post, records, events };
}

/** Where the rejected events are: index, id, path. */
export const places = (answer: Answer) =>
  answer.rejected.map(({ index, event_id, path }) => [index, event_id, path]);
