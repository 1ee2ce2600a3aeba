import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { context, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  StackContextManager,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { Failure } from '@tidemark/service/failures';
import type { EventRecord } from './event-sender.ts';
import { sendInCallersTrace } from './traced-send.ts';

const record: EventRecord = { topic: 'events.cart', entityKey: 'c', value: Buffer.alloc(1) };
const caller = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: TraceFlags.SAMPLED };

afterEach(() => {
  trace.disable();
  context.disable();
});

/** What is sent by a caller who is in that span. */
async function sentWithin(spanContext: typeof caller): Promise<readonly EventRecord[]> {
  let sent: readonly EventRecord[] = [];
  const within = trace.setSpanContext(ROOT_CONTEXT, spanContext);
  await context.with(within, () =>
    sendInCallersTrace([record, record], null, async (records) => void (sent = records)),
  );
  return sent;
}

/** The caller's OpenTelemetry, and what it has exported. */
function callersSdk(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  context.setGlobalContextManager(new StackContextManager().enable());
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
  return exporter;
}

test('a caller without OpenTelemetry sends records as they are', async () => {
  let sent: readonly EventRecord[] = [];
  await sendInCallersTrace([record], 'e', async (records) => void (sent = records));
  assert.equal(sent[0], record);
});

test('records that are sent within a recorded span continue its trace, by a span of the caller’s', async () => {
  const exporter = callersSdk();
  const sent = await sentWithin(caller);
  const [span] = exporter.getFinishedSpans();
  assert.deepEqual(
    [span?.name, span?.parentSpanContext?.spanId, span?.attributes['messaging.batch.message_count']],
    ['send events.cart', caller.spanId, 2],
  );
  const traceparent = `00-${caller.traceId}-${span?.spanContext().spanId}-01`;
  assert.deepEqual(sent.map(({ headers }) => headers), [{ traceparent }, { traceparent }]); // prettier-ignore
});

test('records that are sent within a span that is not recorded have no trace headers', async () => {
  const exporter = callersSdk();
  const sent = await sentWithin({ ...caller, traceFlags: TraceFlags.NONE });
  assert.equal(sent[0], record);
  assert.deepEqual(exporter.getFinishedSpans(), []);
});

test('a failed send is an error in the trace and for the caller', async () => {
  const exporter = callersSdk();
  const failure = new Failure('kafka.unavailable', 'away');
  const sending = sendInCallersTrace([record], 'e', () => Promise.reject(failure));
  await assert.rejects(sending, failure);
  const { attributes } = exporter.getFinishedSpans()[0]!;
  assert.deepEqual([attributes['error.type'], attributes['tidemark.event_id']], ['kafka.unavailable', 'e']);
});
