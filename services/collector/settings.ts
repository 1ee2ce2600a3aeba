import { kafkaSettings } from '@tidemark/kafka/settings';
import { logSettings } from '@tidemark/service/log';
import { duration, flag, integer, port, secret, text } from '@tidemark/service/settings';
import { freeTextSettings } from '@tidemark/topics/free-text';
import { retentionSettings } from '@tidemark/topics/retention';
import { tracingSettings } from '@tidemark/tracing/settings';

/** The collector's settings. */
export const collectorSettings = {
  COLLECTOR_HOST: text('Where the collector listens.', '127.0.0.1'),
  COLLECTOR_PORT: port('The port the collector listens on.', 8080),
  COLLECTOR_KEYS: secret(
    'API keys as JSON, [{"name": "shop", "sha256": "<hex SHA-256 of the key>", "families": ["cart"], "source": "shop", "requestsPerSecond": 100, "bytesPerSecond": 1000000}], without families for all; with source its events may name no other; or @ and the path of such a file.',
    '[]',
  ),
  COLLECTOR_DEV_KEY: flag('Whether the key dev-key opens everything, on loopback only. For trying.', false),
  COLLECTOR_BODY_BYTES_MAX: integer('Greatest body of a request, in bytes, uncompressed.', 5 * 1024 * 1024, {
    min: 1024,
  }),
  COLLECTOR_ITEMS_MAX: integer('Most events of a request.', 10_000, { min: 1 }),
  COLLECTOR_REQUESTS_PER_SECOND: integer(
    'Requests a second of a key that has no requestsPerSecond of its own; 0 for no limit.',
    10_000,
  ),
  COLLECTOR_BYTES_PER_SECOND: integer(
    'Bytes of bodies a second, uncompressed, of a key that has no bytesPerSecond of its own; 0 for no limit.',
    0,
  ),
  COLLECTOR_INFLIGHT_BYTES_MAX: integer(
    'Bytes of events that wait for Kafka; above it the collector answers 429.',
    64 * 1024 * 1024,
    { min: 1024 },
  ),
  COLLECTOR_DELIVERY_TIMEOUT: duration(
    'How long Kafka may take to acknowledge until the collector answers 503.',
    '10s',
  ),
  COLLECTOR_STRIPE_SECRETS: secret(
    'Signing secrets of the webhooks of Stripe, whsec_…, between commas: while one is replaced both are valid. Without them Stripe is not taken.',
    '',
  ),
  COLLECTOR_SEGMENT_MAPPING: text(
    'The path of a file that says what messages in the form of Segment become; without it the e-commerce events of Segment’s specification are mapped.',
    '',
  ),
  COLLECTOR_SHOPIFY_SECRETS: secret(
    'Secrets that sign the webhooks of Shopify, between commas: the client secret of each app, or that of the webhooks of the admin. Without them Shopify is not taken.',
    '',
  ),
  COLLECTOR_ZENDESK_SECRETS: secret(
    'Signing secrets of the webhooks of Zendesk, between commas. Without them Zendesk is not taken.',
    '',
  ),
  ...retentionSettings,
  ...freeTextSettings,
  ...kafkaSettings,
  ...logSettings,
  ...tracingSettings,
};
