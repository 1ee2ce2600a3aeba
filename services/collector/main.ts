/**
 * The collector: events over HTTP to Kafka.
 *
 * **Delivery guarantee.** The answer is `202` once Kafka has acknowledged every accepted event with `acks=all`. After
 * `503` or a lost connection it is unknown which events are written. The client sends them again, and each counts once,
 * by its `event_id`. Events that are too late are named in `rejected` and published all the same: the processor, whose
 * clock is that of their receipt, puts them into `dead-letters` and counts them.
 *
 * **Back pressure.** The bytes of events that wait for Kafka are limited. Above this limit, and above the rate, the answer
 * is `429` with `Retry-After`, before the body is read.
 */
import type { AddressInfo } from 'node:net';
import { openKafka } from '@tidemark/kafka/client';
import { watchClocks } from '@tidemark/service/clocks';
import { connectionOf } from '@tidemark/kafka/settings';
import type { SettingsOf } from '@tidemark/service/settings';
import { runService } from '@tidemark/service/service';
import { EventSender } from '@tidemark/publisher/event-sender';
import { retentionIn } from '@tidemark/topics/retention';
import { startTracing } from '@tidemark/tracing/tracing';
import { readApiKeys } from './keys.ts';
import { collectorServer } from './server.ts';
import { collectorSettings } from './settings.ts';
import { readSegmentMapping } from './sources/segment/mapping-file.ts';
import { secretsIn } from './sources/signatures.ts';

const description = {
  name: 'collector',
  summary: 'The collector: events over HTTP, written to Kafka.',
  settings: collectorSettings,
  checks: [
    connectionOf,
    ({ COLLECTOR_KEYS: keys, COLLECTOR_DEV_KEY: dev }: SettingsOf<typeof collectorSettings>) =>
      readApiKeys(keys, dev),
    ({ COLLECTOR_SEGMENT_MAPPING: path }: SettingsOf<typeof collectorSettings>) => readSegmentMapping(path),
  ],
  examples: [
    'KAFKA_BROKERS=127.0.0.1:9092 COLLECTOR_DEV_KEY=true npm run start:collector',
    `COLLECTOR_KEYS='[{"name": "shop", "sha256": "…", "families": ["cart", "purchase"]}]' npm run start:collector`,
    'curl http://127.0.0.1:8080/openapi.json',
  ],
  // A request may wait for Kafka for COLLECTOR_DELIVERY_TIMEOUT; accepted events must not be cut off.
  stopWithinMs: 15_000,
};

await runService(description, async ({ settings, log, shutdown, registry }) => {
  const keys = readApiKeys(settings.COLLECTOR_KEYS, settings.COLLECTOR_DEV_KEY);
  if (keys.size === 0) log.warn('There are no API keys: nobody can publish. Set COLLECTOR_KEYS.');
  const tracing = await startTracing('collector', settings, log, registry);
  if (tracing !== undefined) shutdown.add('traces', tracing.close);
  const clocks = watchClocks(registry, log);
  const sender = new EventSender({
    client: openKafka(settings, log, clocks.report),
    bytesMax: settings.COLLECTOR_INFLIGHT_BYTES_MAX,
    deliveryTimeoutMs: settings.COLLECTOR_DELIVERY_TIMEOUT,
    lingerMs: 0,
  });
  shutdown.add('the sender', () => sender.close());
  void sender.watch();
  const app = await collectorServer({
    outlet: sender,
    keys,
    host: settings.COLLECTOR_HOST,
    bodyBytesMax: settings.COLLECTOR_BODY_BYTES_MAX,
    itemsMax: settings.COLLECTOR_ITEMS_MAX,
    bytesPerSecond: settings.COLLECTOR_BYTES_PER_SECOND,
    requestsPerSecond: settings.COLLECTOR_REQUESTS_PER_SECOND,
    webhookSecrets: {
      stripe: secretsIn(settings.COLLECTOR_STRIPE_SECRETS),
      shopify: secretsIn(settings.COLLECTOR_SHOPIFY_SECRETS),
      zendesk: secretsIn(settings.COLLECTOR_ZENDESK_SECRETS),
    },
    segmentMapping: readSegmentMapping(settings.COLLECTOR_SEGMENT_MAPPING),
    registry,
    log,
    tracing,
    retention: retentionIn(settings.EVENT_RETENTION),
    keepsFreeText: settings.FREE_TEXT === 'keep',
    warnings: clocks.warnings,
    now: Date.now,
  });
  // It is added last and so stopped first: requests under way are answered before the sender stops.
  shutdown.add('the server', () => app.close());
  await app.listen({ host: settings.COLLECTOR_HOST, port: settings.COLLECTOR_PORT });
  const { port } = app.server.address() as AddressInfo;
  log.info({ host: settings.COLLECTOR_HOST, port }, 'The collector accepts events at POST /v1/events.');
});
