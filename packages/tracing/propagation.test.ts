import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTraceState, type SpanContext } from '@opentelemetry/api';
import fc from 'fast-check';
import { contextIn, eventsHeadersOf, eventsIn, headersOf, sampledIn } from './propagation.ts';
import { tracedMax } from './types.ts';

const hex = (digits: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: digits, maxLength: digits })
    .filter((all) => all.some((digit) => digit > 0))
    .map((all) => all.map((digit) => digit.toString(16)).join(''));
const contexts: fc.Arbitrary<SpanContext> = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  traceFlags: fc.constant(1),
});

const parent = (flags: string): string => `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`;
const remote = (context: SpanContext): SpanContext => ({ ...context, isRemote: true });

test('a context is read from the headers it was written to, as text and as bytes', () => {
  fc.assert(
    fc.property(contexts, (context) => {
      const headers = headersOf(context);
      assert.deepEqual(Object.keys(headers), ['traceparent']);
      assert.deepEqual(contextIn(headers), remote(context));
      const bytes = { traceparent: Buffer.from(headers['traceparent']!) };
      assert.deepEqual(sampledIn(bytes), remote(context));
    }),
  );
});

test('the tracestate of a vendor goes along', () => {
  const context = { ...contextIn({ traceparent: parent('01') })!, traceState: createTraceState('v=1,w=2') };
  assert.equal(headersOf(context)['tracestate'], 'v=1,w=2');
  assert.equal(contextIn(headersOf(context))?.traceState?.get('w'), '2');
});

test('only recorded traces are followed', () => {
  for (const [flags, followed] of [
    ['00', false],
    ['01', true],
    ['02', false],
    ['03', true],
    ['0b', true],
    ['0a', false],
  ] as const)
    // prettier-ignore
    for (const header of [parent(flags), Buffer.from(parent(flags))])
      assert.equal(sampledIn({ traceparent: header }) !== undefined, followed, flags);
});

test('headers without a valid context have none', () => {
  const wrong = [
    '',
    '01',
    parent('1'),
    parent('01').toUpperCase(),
    `${parent('01')}-x`,
    `ff${parent('01').slice(2)}`,
  ];
  for (const header of [...wrong, 'x'.repeat(100_000)]) {
    assert.equal(contextIn({ traceparent: header }), undefined, header.slice(0, 80));
    assert.equal(sampledIn({ traceparent: Buffer.from(header) }), undefined, header.slice(0, 80));
  }
  assert.equal(contextIn({}), undefined);
});

test('the traces of several events are in one header, up to the limit', () => {
  fc.assert(
    fc.property(fc.array(contexts, { maxLength: 2 * tracedMax }), (all) => {
      assert.deepEqual(eventsIn(eventsHeadersOf(all)), all.slice(0, tracedMax).map(remote));
    }),
  );
  assert.deepEqual(eventsHeadersOf([]), {});
  const many = Array.from({ length: 1_000 }, () => parent('01')).join(',');
  assert.equal(eventsIn({ 'tidemark-traces': many }).length, tracedMax);
  assert.deepEqual(eventsIn({ 'tidemark-traces': Buffer.from(`x,${parent('01')},`) }).length, 1);
});
