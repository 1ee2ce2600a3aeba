import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { readSettings } from '@tidemark/service/settings';
import { tracingSettings } from '@tidemark/tracing/settings';
import { startTracing } from '@tidemark/tracing/tracing';
import { createLog } from '@tidemark/service/log';
import { createHmac } from 'node:crypto';
import { cart, collector, time } from './collector.fixtures.ts';

test('the trace of a request goes on in its records’ headers when it is recorded, and only then', async () => {
  // Nothing listens there. Traces that cannot be sent are lost, and nothing waits for them.
  const settings = readSettings(tracingSettings, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_TRACES_SAMPLER_ARG: '0',
  });
  const tracing = await startTracing('collector', settings, createLog('test', 'silent'), new Registry());
  const { post, records } = await collector({}, { tracing, webhookSecrets: { shopify: ['a-secret'] } });
  const traceId = '1'.repeat(32);
  const traceparent = (flags: string): string => `00-${traceId}-${'2'.repeat(16)}-${flags}`;
  await post([cart, cart], { traceparent: traceparent('01'), tracestate: 'v=1' });
  await post(cart, { traceparent: traceparent('00') });
  await post(cart);
  const [first, second, ...others] = records.map(({ headers }) => headers);
  assert.match(String(first?.['traceparent']), new RegExp(`^00-${traceId}-(?!2{16})[0-9a-f]{16}-01$`));
  assert.equal(first?.['tracestate'], 'v=1');
  assert.deepEqual([second, ...others], [first, undefined, undefined]);

  const checkout = JSON.stringify({ token: 't', updated_at: time, total_price: '1.00', currency: 'USD' });
  const signed = {
    'x-shopify-topic': 'checkouts/create',
    'x-shopify-hmac-sha256': createHmac('sha256', 'a-secret').update(checkout).digest('base64'),
  };
  await post(checkout, { ...signed, traceparent: traceparent('01') }, '/v1/sources/shopify');
  assert.match(String(records.at(-1)?.headers?.['traceparent']), new RegExp(`^00-${traceId}-.*-01$`));
  await tracing?.close();
});
