import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Registry } from 'prom-client';
import { otlpReceiver, type OtlpReceiver } from '../../test/support/otlp-receiver.ts';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { endpointOf, tracingSettings } from './settings.ts';
import { endFailed, startTracing, type Tracing } from './tracing.ts';

const log = createLog('test', 'silent');
const settingsOf = (environment: Record<string, string>) => readSettings(tracingSettings, environment);

let receiver: OtlpReceiver;
before(async () => {
  receiver = await otlpReceiver();
});
after(() => receiver.close());

async function tracing(environment: Record<string, string> = {}, registry = new Registry()) {
  const settings = settingsOf({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, ...environment });
  return (await startTracing('sink', settings, log, registry))!;
}

const begin = (on: Tracing, parent?: string) =>
  on.start('x', { kind: 'internal', parent: parent === undefined ? undefined : on.contextIn({ traceparent: parent }) }); // prettier-ignore

const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
const recorded = `00-${traceId}-${spanId}-01`;
const unrecorded = `00-${traceId}-${spanId}-00`;

test('traces are off unless an endpoint is named or otlp asked for', () => {
  const cases: [Record<string, string>, string | undefined][] = [
    [{}, undefined],
    [{ OTEL_TRACES_SAMPLER: 'always_on' }, undefined],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, 'http://localhost:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h:4318' }, 'http://h:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h:4318/otlp/' }, 'http://h:4318/otlp/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://h/t' }, 'http://h/t'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h', OTEL_TRACES_EXPORTER: 'none' }, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h', OTEL_SDK_DISABLED: 'true' }, undefined],
  ];
  for (const [environment, endpoint] of cases)
    assert.equal(endpointOf(settingsOf(environment)), endpoint, JSON.stringify(environment));
});

test('while traces are off, there is no tracing', async () => {
  assert.equal(await startTracing('sink', settingsOf({}), log, new Registry()), undefined);
});

test('every wrong setting is named at once', () => {
  const wrong = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'jaeger:4318',
    OTEL_TRACES_EXPORTER: 'zipkin',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization',
    OTEL_RESOURCE_ATTRIBUTES: 'a=%',
    OTEL_TRACES_SAMPLER: 'sometimes',
    OTEL_TRACES_SAMPLER_ARG: '1.5',
  };
  assert.throws(
    () => settingsOf(wrong),
    ({ message }: Error) => Object.keys(wrong).every((name) => message.includes(`${name} is `)),
  );
});

test('a span arrives with its service, its attributes, and the headers of the receiver', async () => {
  const on = await tracing({
    OTEL_EXPORTER_OTLP_HEADERS: 'x-token=a%20b',
    OTEL_RESOURCE_ATTRIBUTES: 'team=a,region=b',
  });
  const span = begin(on, recorded);
  endFailed(span, new TypeError('what the customer wrote'));
  await on.close();
  const found = receiver.spans.find((one) => one.spanId === span.spanContext().spanId);
  assert.deepEqual(
    [found?.service, found?.traceId, found?.parentSpanId, found?.failed, found?.attributes],
    ['tidemark-sink', traceId, spanId, true, { 'error.type': 'TypeError' }],
  );
  assert.equal(receiver.headers()['x-token'], 'a b');
});

test('a trace that the caller records is followed, another is not, whatever the share', async () => {
  for (const share of ['0', '1']) {
    const on = await tracing({ OTEL_TRACES_SAMPLER_ARG: share });
    assert.equal(begin(on, recorded).isRecording(), true);
    assert.equal(begin(on, unrecorded).isRecording(), false);
    assert.equal(begin(on).isRecording(), share === '1');
    assert.equal(on.startRecorded('x', { kind: 'internal' }).isRecording(), true);
    await on.close();
  }
});

test('each sampler has its root and its parents', async () => {
  const cases: [string, boolean, boolean][] = [
    // sampler, without a parent, under one that records
    ['always_on', true, true],
    ['always_off', false, false],
    ['parentbased_always_on', true, true],
    ['parentbased_always_off', false, true],
  ];
  for (const [sampler, alone, under] of cases) {
    const on = await tracing({ OTEL_TRACES_SAMPLER: sampler });
    assert.deepEqual([begin(on).isRecording(), begin(on, recorded).isRecording()], [alone, under], sampler);
    await on.close();
  }
});

test('a span that is not recorded has no headers', async () => {
  const on = await tracing();
  assert.equal(on.headersOf(begin(on, unrecorded)), undefined);
  const span = begin(on, recorded);
  assert.deepEqual(on.headersOf(span), { traceparent: `00-${traceId}-${span.spanContext().spanId}-01` });
  await on.close();
});

test('when a receiver refuses spans, they are dropped and counted, and nothing fails', async () => {
  const registry = new Registry();
  const on = await tracing({}, registry);
  receiver.answer = 400;
  for (let n = 0; n < 3_000; n++) begin(on, recorded).end();
  await on.close();
  receiver.answer = 200;
  const counted = await registry.getSingleMetric('tidemark_sink_trace_spans_total')!.get();
  const by = Object.fromEntries(counted.values.map(({ labels, value }) => [labels['outcome'], value]));
  assert.deepEqual(by, { failed: 2_048, dropped: 952 });
});
