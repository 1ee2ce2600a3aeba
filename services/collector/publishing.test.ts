import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retentionMs } from '@tidemark/events/families';
import fc from 'fast-check';
import { cart, collector, now, places } from './collector.fixtures.ts';

test('one event, or an array of them, is accepted, with the name of the key as its source', async () => {
  const { post, events, records } = await collector();
  const single = await post(cart);
  assert.deepEqual([single.status, single.accepted, single.rejected], [202, 1, []]);
  assert.equal((await post([cart, { ...cart, event_id: 'e2', source: 'shop' }])).accepted, 2);
  assert.deepEqual(events().map((event) => event.source), ['all', 'all', 'shop']); // prettier-ignore
  assert.deepEqual(records[0]?.entityKey, 'c');
});

test('a bad event is named by its place, and does not block the good ones (rule 31)', async () => {
  const { post } = await collector();
  const answer = await post([
    cart,
    { ...cart, currency: 'usd' },
    5,
    { ...cart, event_id: 7 },
    cart,
    { event_id: 'x', type: 'cart.nothing' },
  ]);
  assert.equal(answer.status, 202);
  assert.equal(answer.accepted, 2);
  assert.deepEqual(places(answer), [[1, 'e1', '$.currency'], [2, null, '$'], [3, null, '$.event_id'], [5, 'x', '$.type']]); // prettier-ignore
  const all = await post({ ...cart, currency: 'usd', value: -1 });
  assert.equal(all.status, 400);
  assert.match(all.rejected[0]!.message, /Also wrong: \$\.(value|currency)\./);
});

test('NDJSON counts the lines that are not blank (rule 31)', async () => {
  const { post } = await collector();
  const lines = [
    JSON.stringify(cart),
    '',
    '  \r',
    'nonsense',
    Buffer.from([0xff]),
    JSON.stringify({ ...cart, value: '1' }),
    '[]',
  ];
  const body = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
  const answer = await post(body, { 'content-type': 'application/x-ndjson; charset=utf-8' });
  assert.equal(answer.accepted, 1);
  assert.deepEqual(places(answer), [[1, null, '$'], [2, null, '$'], [3, 'e1', '$.value'], [4, null, '$']]); // prettier-ignore
});

test('the answer to a body that is no JSON, or empty, is 400', async () => {
  const { post } = await collector();
  for (const body of ['{', '', 'null', '[]', '5', '"x"', Buffer.from([0xc3, 0x28])]) {
    const answer = await post(body);
    assert.deepEqual(
      [answer.status, answer.accepted, places(answer)],
      [400, 0, [[0, null, '$']]],
      String(body),
    );
  }
  assert.equal((await post('x', { 'content-type': 'application/x-ndjson' })).status, 400);
});

test('an event that is too late is rejected, and published for the processor to make a dead letter of it', async () => {
  const { post, records } = await collector();
  const answer = await post([{ ...cart, occurred_at: now - 401 * 86_400_000 }]);
  assert.equal(answer.status, 400);
  assert.deepEqual(places(answer), [[0, 'e1', '$.occurred_at']]);
  assert.equal(records.length, 1);
});

test('with another retention the past of a family is taken (rule 30)', async () => {
  const { post } = await collector({}, { retention: { ...retentionMs, cart: undefined } });
  assert.equal((await post([{ ...cart, occurred_at: now - 4000 * 86_400_000 }])).accepted, 1);
});

test('without a key the answer is 401, with a key without the right 403 (rule 31)', async () => {
  const { post } = await collector();
  for (const authorization of ['', 'Bearer nothing', 'Basic all'])
    assert.equal((await post(cart, { authorization })).status, 401);
  const carts = { authorization: 'Bearer carts' };
  const purchase = {
    ...cart,
    type: 'purchase.completed',
    customer_id: 'c',
    purchase_id: 'p',
    amount: 1,
    kind: 'product',
  };
  assert.equal((await post(cart, carts)).status, 202);
  const refused = await post(purchase, carts);
  assert.deepEqual([refused.status, places(refused)], [403, [[0, 'e1', '$.type']]]);
  const mixed = await post([cart, purchase], carts);
  assert.deepEqual([mixed.status, mixed.accepted, places(mixed)], [202, 1, [[1, 'e1', '$.type']]]);
});

test('strict makes unknown fields errors', async () => {
  const { post } = await collector();
  assert.equal((await post({ ...cart, colour: 'red' })).status, 202);
  assert.deepEqual(places(await post({ ...cart, colour: 'red' }, {}, '/v1/events?strict=true')), [
    [0, 'e1', '$.colour'],
  ]);
});

test('a poisoned event is judged like any other, and the good ones beside it are taken', async () => {
  const { post } = await collector();
  const answer = await post(
    `[${JSON.stringify(cart)}, {"__proto__": ${JSON.stringify(cart)}, "constructor": {"prototype": 1}}]`,
  );
  assert.deepEqual([answer.accepted, places(answer)], [1, [[1, null, '$.type']]]);
});

test('any bytes in any form get an answer, never a 500', async () => {
  const { post } = await collector();
  const types = [
    'application/json',
    'application/x-ndjson',
    'application/cloudevents+json',
    'application/cloudevents-batch+json',
  ];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((given) => Buffer.from(given)),
    fc.json().map((given) => Buffer.from(given)),
    fc.array(fc.json()).map((given) => Buffer.from(`[${given.join(',')}]`)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom(...types), async (body, type) => {
      const answer = await post(body, { 'content-type': type });
      assert.ok(answer.status === 400 || answer.status === 202);
      assert.ok(answer.rejected.every(({ path, message }) => path.startsWith('$') && message !== ''));
    }),
  );
});

test('"strict" is given once, and clearly', async () => {
  const { post } = await collector();
  for (const query of ['strict=true&strict=false', 'strict=yes', 'strict='])
    assert.match((await post(cart, {}, `/v1/events?${query}`)).message!, /"strict" is given once/);
  assert.equal((await post({ ...cart, extra: 1 }, {}, '/v1/events?strict=1')).status, 400);
  assert.equal((await post({ ...cart, extra: 1 }, {}, '/v1/events?strict=false')).status, 202);
});
