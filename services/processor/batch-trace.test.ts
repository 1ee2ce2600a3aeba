import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Registry } from 'prom-client';
import { otlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../../test/support/otlp-receiver.ts';
import { Failure } from '@tidemark/service/failures';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { tracingSettings } from '@tidemark/tracing/settings';
import { startTracing, tracedMax, type Tracing } from '@tidemark/tracing/tracing';
import { traceBatch, type BatchTrace } from './batch-trace.ts';
import type { InboxRecord } from './inbox.ts';

const origin = { partition: 2, groupId: 'group', startTime: Date.now() };
const block = { key: Buffer.from('kind'), value: Buffer.alloc(1) };
const noOutput = { facts: new Map(), entities: [] };

let receiver: OtlpReceiver;
let tracing: Tracing;
before(async () => {
  receiver = await otlpReceiver();
  const settings = readSettings(tracingSettings, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
  tracing = (await startTracing('processor', settings, createLog('test', 'silent'), new Registry()))!;
});
after(() => receiver.close());

/** Record number `n` of a batch; its number is in its trace id. */
function record(n: number, flags: string | undefined): InboxRecord {
  const id = String(n + 1).padStart(16, '0');
  const traceparent = Buffer.from(`00-${id}${id}-${id}-${flags}`);
  const headers = flags === undefined ? {} : { traceparent };
  return { family: 'cart', record: { offset: n, timestamp: 0, key: null, value: null, headers } };
}

const idOf = (n: number): string => String(n + 1).padStart(16, '0').repeat(2); // prettier-ignore

/** Ends the batch as its runner does; gives the traces' spans once they have arrived. */
async function ended(trace: BatchTrace, commit: Promise<void> = Promise.resolve()): Promise<void> {
  trace.folded(noOutput);
  await trace.untilCommitted(commit).catch(() => undefined);
}

test('a batch without a recorded event leaves no trace', () => {
  const records = [record(0, undefined), record(1, '00'), record(2, undefined)];
  assert.equal(traceBatch(tracing, records, origin), undefined);
  assert.equal(traceBatch(tracing, [], origin), undefined);
});

test('what follows from an event goes on in its trace, what follows from another does not', async () => {
  const records = [record(0, '01'), record(1, undefined)];
  const trace = traceBatch(tracing, records, origin)!;
  const [recorded, other] = records.map((one) => one.record);
  trace.taken(recorded!, 'e0');
  trace.taken(other!, 'e1');
  const traced = trace.derived('e0', { ...block, headers: { hop: 'derived' } });
  assert.deepEqual(Object.keys(traced.headers!), ['hop', 'traceparent']);
  assert.ok(String(traced.headers!['traceparent']).startsWith(`00-${idOf(0)}-`));
  assert.equal(trace.derived('e1', block), block);
  assert.equal(trace.moved(other!, 'e1', 1, block), block);
  await ended(trace);
});

test('every block of facts names the batch, the last one the events too', async () => {
  const records = [record(0, '01'), record(1, '01'), record(2, undefined)];
  const trace = traceBatch(tracing, records, origin)!;
  for (const [n, one] of records.entries()) trace.taken(one.record, `e${n}`);
  const blocks = trace.facts([block, block, block]).map(({ headers }) => headers!);
  assert.equal(new Set(blocks.map((headers) => headers['traceparent'])).size, 1);
  assert.deepEqual(
    blocks.map((headers) => String(headers['tidemark-traces'] ?? '').split(',').map((one) => one.slice(3, 35))),
    [[''], [''], [idOf(0), idOf(1)]],
  ); // prettier-ignore
  assert.deepEqual(trace.facts([]), []);
  await ended(trace);
});

test('however many events are recorded, so many are followed, and linked to, at most', async () => {
  const records = Array.from({ length: 3 * tracedMax }, (_, n) => record(n, '01'));
  const trace = traceBatch(tracing, records, origin)!;
  for (const [n, one] of records.entries()) trace.taken(one.record, `e${n}`);
  const [facts] = trace.facts([block]);
  assert.equal(String(facts!.headers!['tidemark-traces']).split(',').length, tracedMax);
  await ended(trace);
});

test('a batch that is not committed fails in every trace, for the reason’s code', async () => {
  const trace = traceBatch(tracing, [record(900, '01')], origin)!;
  await ended(trace, Promise.reject(new Failure('kafka.fenced', 'by another')));
});

test('the spans arrive as they were meant', async () => {
  await tracing.close();
  const batches = receiver.spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  assert.deepEqual(batches.map(({ links }) => links.length), [1, 2, tracedMax, 1]); // prettier-ignore
  assert.deepEqual(batches[1]!.attributes['tidemark.offsets'], ['events.cart:0-2']);
  assert.equal(batches[1]!.attributes['messaging.batch.message_count'], 3);
  const inTrace = (n: number): ReceivedSpan[] => receiver.spans.filter(({ traceId }) => traceId === idOf(n));
  assert.equal(inTrace(tracedMax).length, 0, 'the first beyond what is followed');
  assert.equal(inTrace(tracedMax - 1).length, 1);
  const [failed] = inTrace(900);
  assert.deepEqual([failed?.failed, failed?.attributes['error.type']], [true, 'kafka.fenced']);
  assert.deepEqual(inTrace(1).map(({ attributes, links }) => [attributes['tidemark.event_id'], links]), [
    ['e1', [batches[1]!.spanId]],
    ['e1', [batches[2]!.spanId]],
  ]); // prettier-ignore
});
