import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Registry } from 'prom-client';
import { view } from '@tidemark/metrics/oracle/events.fixtures';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { cart, collector, now } from '../../collector.fixtures.ts';
import { readSegmentMapping } from './mapping-file.ts';
import { calls, messageEvents } from './message.ts';
import { spring, track } from './messages.fixtures.ts';

const basic = (key: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
});
const order = (messageId: string, properties: object = {}) =>
  track(messageId, '05-30', 'Order Completed', { order_id: 'o', total: 5, currency: 'USD', ...properties });
const batch = (...messages: unknown[]) => ({ batch: messages, sentAt: new Date(now).toISOString() });

test('the events of the e-commerce specification give sales, refunds and carts', () => {
  const mapping = readSegmentMapping('');
  const events = spring().flatMap((message) =>
    messageEvents(message, mapping).items.map((item) => ('value' in item ? item.value : item)),
  ) as ContractEvent[];
  const sales = view(
    'sales_monthly',
    events,
    '2026-05-01',
    'month currency purchases revenue refunds buyers',
  );
  assert.deepEqual(sales, ['2026-03-01 USD 2 35.500000 7.500000 2', '2026-04-01 USD 0 0.000000 20.000000 0']);
  const carts = view(
    'cart_abandonment_daily',
    events,
    '2026-05-01',
    'date carts converted recovered abandoned',
  );
  assert.deepEqual(carts, ['2026-03-01 1 1 0 0', '2026-03-20 1 1 1 0', '2026-04-01 1 0 0 1']);
  const values = view(
    'cart_value_daily',
    events,
    '2026-05-01',
    'date currency recovered_value abandoned_value',
  );
  assert.deepEqual(values, ['2026-03-01 USD 0.000000 0.000000', '2026-03-20 USD 8.000000 0.000000']);
});

test('a batch is published under its write key, and what comes again is the same event', async () => {
  const { post, events } = await collector();
  for (const headers of [basic('all'), { authorization: 'Bearer all' }]) {
    const answer = await post(batch(order('m1'), order('m2')), headers, '/v1/batch');
    assert.deepEqual([answer.status, answer.accepted, answer.rejected], [200, 2, []]);
  }
  assert.deepEqual(
    events().map(({ event_id, type, source }) => [event_id, type, source]),
    ['m1', 'm2', 'm1', 'm2'].map((id) => [id, 'purchase.completed', 'all']),
  );
});

test('every call has an address of its own, which is the type of its message', async () => {
  const { post } = await collector();
  const { type: _, ...message } = order('m1');
  assert.equal((await post(message, basic('all'), '/v1/track')).accepted, 1);
  for (const call of calls.slice(1)) {
    const answer = await post(message, basic('all'), `/v1/${call}`);
    assert.deepEqual([answer.status, answer.accepted], [200, 0], call);
  }
});

test('what RudderStack’s library sends is read: gzip, called a form, and the time under its other name', async () => {
  const { post, events } = await collector();
  const { timestamp, ...message } = order('m1');
  const body = gzipSync(JSON.stringify(batch({ ...message, originalTimestamp: timestamp })));
  const headers = { 'content-encoding': 'gzip', 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await post(body, { ...basic('all'), ...headers }, '/v1/batch');
  assert.equal(answer.status, 200);
  assert.equal(events()[0]?.occurred_at, Date.parse('2026-05-30T00:00:00Z'));
});

test('the context of a batch is that of each message without one of its own', async () => {
  const { post, events } = await collector();
  const common = { context: { campaign: { name: 'spring' } } };
  await post({ ...batch(order('m1'), order('m2', {})), ...common }, basic('all'), '/v1/batch');
  const [first] = events();
  assert.ok(first?.type === 'purchase.completed');
  assert.equal(first.campaign, 'spring');
});

test('a message that cannot be taken is named by its place, and does not block the others', async () => {
  const { post } = await collector();
  const bad = [
    'no object',
    { ...order('m1'), type: 'tracked' },
    { ...order('m1'), messageId: undefined },
    { ...order('m1'), event: '' },
    { ...order('m1'), timestamp: undefined },
    order('m1', { total: 'five' }),
    order('m1', { currency: 'ZZZ', total: undefined }),
    order('m1', { order_id: undefined }),
  ];
  const answer = await post(batch(track('m0', '05-30', 'Product Viewed', {}), ...bad, order('m2')), basic('all'), '/v1/batch'); // prettier-ignore
  assert.deepEqual([answer.status, answer.accepted], [200, 1]);
  assert.deepEqual(
    answer.rejected.map(({ index, path }) => [index, path]),
    [[1, '$'], [2, '$.type'], [3, '$.messageId'], [4, '$.event'], [5, '$.timestamp'], [6, '$.amount'], [7, '$.amount'], [8, '$.purchase_id']], // prettier-ignore
  );
  assert.match(answer.rejected[5]!.message, /^purchase.completed: "five" is no number/);
  const none = await post(batch(...bad), basic('all'), '/v1/batch');
  assert.equal(none.status, 400);
});

test('what the mapping does not name is taken and counted', async () => {
  const registry = new Registry();
  const { post, records } = await collector({}, { registry });
  const answer = await post(batch(...spring().slice(-3)), basic('all'), '/v1/batch');
  assert.deepEqual([answer.status, answer.accepted, answer.rejected, records.length], [200, 0, [], 0]);
  for (const call of ['track', 'identify', 'page'])
    assert.match(
      await registry.metrics(),
      new RegExp(`passed_over_total\\{source="segment",reason="unmapped_${call}"\\} 1`),
    );
});

test('a body is refused that is none, in another encoding, or of too many messages', async () => {
  const { post } = await collector({}, { itemsMax: 3 });
  const status = async (body: unknown, headers: Record<string, string> = {}, url = '/v1/batch') =>
    (await post(body, { ...basic('all'), ...headers }, url)).status;
  for (const body of ['{', '[]', { batch: {} }, { messages: [] }]) assert.equal(await status(body), 400);
  assert.equal(await status('[]', {}, '/v1/track'), 400);
  assert.equal(await status('a=b', { 'content-type': 'application/x-www-form-urlencoded' }), 400);
  assert.equal(await status(order('m'), { 'content-encoding': 'br' }), 415);
  assert.equal(await status(batch(...['a', 'b', 'c', 'd'].map((id) => order(id)))), 413);
  // Commas within messages, and fields beside the batch, do not count.
  const full = {
    ...batch(...['a', 'b', 'c'].map((id) => order(id, { products: [1, 2, 3, 4, 5] }))),
    a: 1,
    b: 2,
    c: 3,
  };
  assert.equal(await status(full), 200);
});

test('the write key is an API key with its families and limits, which it shares with its events', async () => {
  const { post } = await collector({}, { requestsPerSecond: 3 });
  assert.equal((await post(batch(order('m')), basic('other'), '/v1/batch')).status, 401);
  assert.equal((await post(batch(order('m')), { authorization: '' }, '/v1/batch')).status, 401);
  assert.equal((await post(batch(order('m')), basic('carts'), '/v1/batch')).status, 403);
  const statuses = [
    (await post(cart)).status,
    (await post(batch(order('m1')), basic('all'), '/v1/batch')).status,
    (await post(order('m2'), basic('all'), '/v1/track')).status,
    (await post(batch(order('m3')), basic('all'), '/v1/batch')).status,
  ];
  assert.deepEqual(statuses, [202, 200, 200, 429]);
  const full = await collector({ isFull: true });
  assert.equal((await full.post(batch(order('m')), basic('all'), '/v1/batch')).status, 429);
});

test('a mapping file says what messages become, and each of its mistakes is named with its line', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-segment-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const written = (text: string): string => {
    const path = join(folder, 'mapping.yaml');
    writeFileSync(path, text);
    return path;
  };
  const logins = `
events:
  - type: engagement.recorded
    when: { type: [track], event: [Signed In] }
    event_id: '{messageId}'
    occurred_at: '{timestamp}'
    engagement_id: '{messageId}'
    kind: login
    customer_id: '{userId}'
`;
  const { post, events } = await collector({}, { segmentMapping: readSegmentMapping(written(logins)) });
  await post(batch(track('m1', '05-30', 'Signed In', {}), order('m2')), basic('all'), '/v1/batch');
  assert.deepEqual(events().map(({ type }) => type), ['engagement.recorded']); // prettier-ignore
  const wrong = written(
    `${logins.replace('kind: login', 'kind: login\n    who: x')}\n  - type: engagement.done\n    event_id: a\n    occurred_at: b\n`,
  );
  assert.throws(
    () => readSegmentMapping(wrong),
    /mistakes:\n +\S+:9 .*no field who.*\n +\S+:12 .*no event type engagement\.done/,
  );
  assert.throws(() => readSegmentMapping(written('events: [')), /COLLECTOR_SEGMENT_MAPPING/);
  assert.throws(() => readSegmentMapping(join(folder, 'none.yaml')), /cannot be read/);
});

test('the example of the documentation is a mapping', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-segment-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const page = readFileSync(new URL('../../../../docs/publish/segment.md', import.meta.url), 'utf8');
  const path = join(folder, 'example.yaml');
  writeFileSync(path, /```yaml\n([\s\S]*?)```/.exec(page)![1]!);
  const properties = { plan: 'team', billing: 'monthly', price: 59, currency: 'EUR' };
  const chosen = track('m1', '05-30', 'Plan Chosen', properties, { context: { groupId: 'g1' } });
  const { post, events } = await collector({}, { segmentMapping: readSegmentMapping(path) });
  await post(batch(chosen, track('m2', '05-30', 'Signed In', {})), basic('all'), '/v1/batch');
  assert.deepEqual(
    events().map(({ type }) => type),
    ['subscription.started', 'engagement.recorded'],
  );
});
