import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { createLog } from '@tidemark/service/log';
import { createPublisher, PublishError, type NewEvent, type NewEventOf } from './index.ts';

const envelope = { event_id: 'e', occurred_at: new Date(0) };

test('the compiler requires the fields of a type, and the others are optional', () => {
  const events: NewEvent[] = [
    { ...envelope, type: 'cart.created', cart_id: 'c', value: 1, currency: 'USD' },
    { ...envelope, type: 'cart.voided', cart_id: 'c', voids: 'e' },
    {
      ...envelope,
      type: 'mention.observed',
      mention_id: 'm',
      channel: 'x',
      sentiment: null,
      occurred_at: '2026-05-31T12:00:00Z',
    },
    {
      ...envelope,
      type: 'subscription.canceled',
      customer_id: 'c',
      subscription_id: 's',
      effective_at: new Date(0),
    },
    // @ts-expect-error -- value and currency are missing
    { ...envelope, type: 'cart.created', cart_id: 'c' },
    // @ts-expect-error -- what is voided is missing
    { ...envelope, type: 'cart.voided', cart_id: 'c' },
    // @ts-expect-error -- only the pipeline says where an event is derived from
    { ...envelope, type: 'cart.created', cart_id: 'c', value: 1, currency: 'USD', derived_from: 'purchase' },
  ];
  const one: NewEventOf<'cart.created'> = {
    ...envelope,
    type: 'cart.created',
    cart_id: 'c',
    value: 1,
    currency: 'USD',
  };
  assert.equal(events.length + Number(one.value), 8);
});

test('an error names the first event at fault', () => {
  const fault = { index: 3, event_id: null, path: '$.value', message: 'No.', retry: false };
  assert.equal(new PublishError([fault, fault]).message, 'event number 3 at $.value: No. (and 1 more)');
});

test('a publisher is not created while no broker answers', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const address = taken.address();
  assert.ok(address !== null && typeof address === 'object');
  await new Promise((resolve) => taken.close(resolve));
  const brokers = [`127.0.0.1:${address.port}`];
  const options = { brokers, source: 's', deliveryTimeoutMs: 100, log: createLog('test', 'silent') };
  await assert.rejects(createPublisher(options), { code: 'kafka.unavailable' });
});
