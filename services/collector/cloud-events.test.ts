import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cart, collector, now, places, time } from './collector.fixtures.ts';

test('CloudEvents come structured, in a batch and in headers (rule 36)', async () => {
  const { post, events } = await collector();
  const { cart_id, value, currency } = cart;
  const envelope = { specversion: '1.0', id: 'e1', type: 'cart.created', source: '/shop', time };
  const event = {
    ...envelope,
    data: { cart_id, value, currency, event_id: 'other', source: 'other' },
    sequence: '7',
  };
  const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
  assert.equal((await post(event, structured)).accepted, 1);
  const [first] = events();
  assert.deepEqual(
    [first?.event_id, first?.source, first?.sequence, first?.occurred_at],
    ['e1', '/shop', 7, now - 1000],
  );

  const without = (name: string) => ({ ...event, [name]: undefined });
  const bad = [
    without('time'),
    without('id'),
    without('data'),
    { ...event, specversion: '0.3' },
    5,
    { ...event, data: { cart_id, value } },
    { ...event, time: 'x' },
    { ...event, sequence: 'x' },
  ];
  const batch = await post(bad, { 'content-type': 'application/cloudevents-batch+json' });
  assert.deepEqual(places(batch), [[0, 'e1', '$.time'], [1, null, '$.id'], [2, 'e1', '$.data'], [3, 'e1', '$.specversion'], [4, null, '$'], [5, 'e1', '$.currency'], [6, 'e1', '$.time']]); // prettier-ignore
  assert.equal(batch.accepted, 1);
  const inData = { ...without('time'), data: { ...event.data, occurred_at: time } };
  const [misplaced] = (await post(inData, structured)).rejected;
  assert.match(misplaced!.message, /^time is missing.*the attribute time, not in data/);

  const headers = Object.fromEntries(Object.entries(envelope).map(([name, given]) => [`ce-${name}`, given]));
  const binary = await post(
    { cart_id, value, currency },
    { ...headers, 'ce-id': 'caf%C3%A9', 'ce-sequence': '3' },
  );
  assert.equal(binary.status, 202);
  assert.deepEqual([events().at(-1)?.event_id, events().at(-1)?.sequence], ['café', 3]);
});

test('CloudEvents of any JSON type, and structured ones without +json, are read', async () => {
  const { post } = await collector();
  const { event_id, type, occurred_at, ...data } = cart;
  const binary = {
    'ce-specversion': '1.0',
    'ce-id': event_id,
    'ce-type': type,
    'ce-time': occurred_at,
    'ce-source': 'shop',
  };
  assert.equal(
    (await post(data, { ...binary, 'content-type': 'application/vnd.acme.cart+json' })).accepted,
    1,
  );
  assert.equal((await post(data, { ...binary, 'content-type': 'application/xml' })).status, 415);
  assert.equal((await post(cart, { 'content-type': 'application/vnd.acme.cart+json' })).status, 415);
  const event = { specversion: '1.0', id: event_id, type, time: occurred_at, source: 'shop', data };
  assert.equal((await post(event, { 'content-type': 'application/cloudevents; charset=utf-8' })).accepted, 1);
  assert.equal((await post([event, event], { 'content-type': 'application/cloudevents-batch' })).accepted, 2);
});
