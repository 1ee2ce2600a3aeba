import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Registry } from 'prom-client';
import { otlpReceiver, type OtlpReceiver } from '../../test/support/otlp-receiver.ts';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { tracingSettings } from '@tidemark/tracing/settings';
import { startTracing, tracedMax, type Tracing } from '@tidemark/tracing/tracing';
import { traceBlock } from './block-trace.ts';
import type { Block } from './queue.ts';

let receiver: OtlpReceiver;
let tracing: Tracing;
before(async () => {
  receiver = await otlpReceiver();
  const settings = readSettings(tracingSettings, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
  tracing = (await startTracing('sink', settings, createLog('test', 'silent'), new Registry()))!;
});
after(() => receiver.close());

const contextOf = (n: number): string => {
  const id = String(n).padStart(16, '0');
  return `00-${id}${id}-${id}-01`;
};

/** A block of records with these batches and events in their headers. */
function block(
  ...records: readonly { readonly batch?: number; readonly events?: readonly number[] }[]
): Block {
  const headersOf = ({ batch, events }: (typeof records)[number]): Record<string, Buffer> => ({
    ...(batch === undefined ? {} : { traceparent: Buffer.from(contextOf(batch)) }),
    ...(events === undefined ? {} : { 'tidemark-traces': Buffer.from(events.map(contextOf).join(',')) }),
  });
  return {
    plan: [{ partition: 0, first: 5, last: 4 + records.length }],
    records: records.map((one, index) => ({
      offset: 5 + index,
      kind: 'sale',
      value: Buffer.alloc(1),
      headers: headersOf(one),
    })),
  };
}

test('a block without a recorded event behind it leaves no trace', () => {
  assert.equal(traceBlock(tracing, 'facts', block({}, {})), undefined);
});

test('a block is linked with each batch once, and has a span in the trace of each event, up to the limit', async () => {
  const many = Array.from({ length: 100 }, (_, n) => 1_000 + n);
  const trace = traceBlock(
    tracing,
    'facts',
    block({ batch: 1 }, { batch: 1, events: many }, { batch: 2 }, { batch: 2, events: many }, {}),
  )!;
  await trace.untilInserted(Promise.resolve());
  const refused = traceBlock(tracing, 'facts', block({ batch: 3, events: [7] }))!;
  await refused.untilInserted(Promise.reject(new Error('gone'))).catch(() => undefined);
  await tracing.close();

  const blocks = receiver.spans.filter(({ name }) => name === 'process facts');
  assert.deepEqual(blocks.map(({ links, failed }) => [links.length, failed]), [[2, false], [1, true]]); // prettier-ignore
  assert.deepEqual(blocks[0]!.attributes['tidemark.offsets'], ['0:5-9']);
  const inserts = receiver.spans.filter(({ name, failed }) => name === 'insert facts' && !failed);
  assert.equal(inserts.length, tracedMax);
  assert.ok(inserts.every(({ links }) => links.includes(blocks[0]!.spanId)));
  const last = receiver.spans.find(({ traceId }) => traceId === contextOf(7).slice(3, 35));
  assert.deepEqual([last?.name, last?.failed, last?.parentSpanId], ['insert facts', true, contextOf(7).slice(36, 52)]); // prettier-ignore
});
