import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEvent, encodeEvent } from '@tidemark/events/codec';
import { familyOf } from '@tidemark/events/entity';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import { Forgotten, forgottenSend, type Listed, refusing, saltSend } from './forgotten.ts';

const now = Date.UTC(2026, 10, 1);

function listOf(salt: string, ...listed: readonly Listed[]): Forgotten {
  const forgotten = new Forgotten();
  for (const { records } of [saltSend('forgotten', salt), forgottenSend('forgotten', salt, listed)])
    forgotten.take(
      records.map(({ key, value }) => ({ offset: 0, timestamp: 0, key: key!, value: value!, headers: {} })),
    );
  return forgotten;
}

function event(fields: object): Event {
  const verdict = acceptJson({ event_id: 'e', occurred_at: now, ...fields }, { now, defaultSource: 'shop' });
  assert(verdict.ok);
  const { event: accepted } = verdict;
  const decoded = decodeEvent(familyOf(accepted.type), encodeEvent(accepted));
  assert(decoded.ok);
  return decoded.event;
}

const cart = (fields: object): Event =>
  event({ type: 'cart.created', cart_id: 'c1', value: 1, currency: 'USD', ...fields });
const customer = { domain: 'customer_id', id: 'acme', refused: 'all' } as const;

test('an event that names somebody who was forgotten is refused where it is received, whichever field it is in', () => {
  const refused = refusing(listOf('salt', customer));
  assert.equal(refused(cart({ customer_id: 'acme' }), 'first'), true);
  assert.equal(refused(cart({ customer_id: 'acme' }), 'again'), true);
  assert.equal(refused(cart({ customer_id: 'other' }), 'first'), false);
  const referral = { type: 'referral.invited', referral_id: 'r', referrer_customer_id: 'x' };
  assert.equal(refused(event({ ...referral, referred_customer_id: 'acme' }), 'first'), true);
});

test('what was accepted and is on its way within the pipeline goes on', () => {
  const refused = refusing(listOf('salt', customer));
  for (const hop of ['stray', 'derived', 'recounted'])
    assert.equal(refused(cart({ customer_id: 'acme' }), hop), false, hop);
});

test('an event of a closed entity is refused though it names nobody, however it came, but for a recount', () => {
  const refused = refusing(listOf('salt', { domain: 'cart_id', id: 'c1', refused: 'all' }));
  for (const hop of ['first', 'again', 'stray', 'derived']) assert.equal(refused(cart({}), hop), true, hop);
  assert.equal(refused(cart({}), 'recounted'), false);
  assert.equal(refused(cart({ cart_id: 'c2' }), 'first'), false);
});

test('of an entity shared with others, what repeats or voids an event of the forgotten is refused', () => {
  const refused = refusing(
    listOf(
      'salt',
      { domain: 'cart_id', id: 'c1', refused: 'shared' },
      { domain: 'event_id\u0000cart\u0000c1', id: 'theirs', refused: 'all' },
    ),
  );
  assert.equal(refused(cart({ event_id: 'theirs' }), 'first'), true);
  assert.equal(refused(event({ type: 'cart.voided', cart_id: 'c1', voids: 'theirs' }), 'first'), true);
  assert.equal(refused(cart({ event_id: 'other' }), 'first'), false);
  assert.equal(refused(cart({ event_id: 'theirs', cart_id: 'c2' }), 'first'), false);
});

test('the list has hashes with its own salt, and no id', () => {
  const [one, two] = ['salt', 'another'].map((salt) =>
    forgottenSend('forgotten', salt, [customer]).records[0]!.key!.toString(),
  );
  assert.notEqual(one, two);
  assert.ok(!one!.includes('acme'));
  assert.equal(new Forgotten().of('customer_id', 'acme'), undefined);
});
